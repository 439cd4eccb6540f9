import type { Clock, Environment, Hint } from '../environment/environment'
import { type CloseReason, isFatal } from '../protocol/close'
import * as codes from '../protocol/codes'
import { backoff } from './backoff'
import { createHeartbeat, type Heartbeat } from './heartbeat'
import type { Line, Speaker, Way, WayLine } from './line'
import type { State } from './state'

/** Keeps a line alive: one state, one row of the table in `state.ts` at a time. */
export interface Connection<L extends Line> {
  readonly state: State<L>
  connect(): void
  close(): void
}

/** A dial that brought no welcome after this long, ms, has failed. */
const timeout = 10_000
/** Without the quick hello, long-polling starts this long after WebSocket, ms. */
const stagger = 400
/** The same in a crowd, which a server may need longer for. */
const crowdStagger = 1_000
/** While long-polling is live, WebSocket is tried after this long, ms, then twice as long each time, up to the second. */
const firstProbe = 2_000
const longestProbe = 120_000
/** A line that held this long, ms, works: attempts count from 0 again. One a second is no hammering. */
const worksAfter = 1_000
/** One that held this long was a good one: refusals are forgiven again. */
const healthyAfter = 5_000
/** A WebSocket that dies sooner than this, ms, died young: some proxies let every upgrade through and cut it moments later. One that lived longer is trusted again. */
const young = 10_000
/** Three times may be chance, wifi or a deploy; then it is the network's habit. */
const mostYoungDeaths = 3
/** How long it is not dialled then, ms; doubles with each further one, up to the second. */
const firstBan = 60_000
const longestBan = 600_000
/** `navigator.onLine` lies: an offline client looks for itself this often, ms. */
const offlineRecheck = 20_000
/** Nobody keeps a client away longer than this, ms, nor makes it come back faster than that more than once. */
const longestWait = 300_000
const shortestRepeat = 250
/** A server that spreads its clients over this long, ms, has so many (by default 1,250) that nobody should knock twice. */
const crowd = 250

/**
 * First welcome wins. WebSocket is dialled with one quick HTTP hello beside it; if HTTP answers first, it is used at once, and
 * WebSocket takes over when its own welcome arrives, now or at a later probe.
 *
 * @param transports in order of preference: WebSocket first, then what works where that is blocked
 * @param quickHello whether the quick HTTP hello starts beside the WebSocket dial; else it waits for the stagger
 */
export function createConnection<L extends WayLine, W extends Way>(
  environment: Pick<Environment, keyof Clock | 'online' | 'watch'>,
  session: Speaker<L, W>,
  transports: readonly W[],
  quickHello: boolean,
  changed: (state: State<L>) => void,
): Connection<L> {
  let state: State<L> = { status: 'idle', attempt: 0 }
  let heartbeat: Heartbeat | undefined
  let unwatch: (() => void) | undefined
  /** Ends the one wait there is: for the next dial or probe, or for the next step of the one that runs. */
  let cancel = () => {}
  /** Lines that are not welcome yet. */
  const candidates = new Set<L>()
  /** The dial that runs, and what it has not tried yet. Each has its own, so that a late answer to an older one is known as such. */
  let dial: W[] | undefined
  /** If it is a probe beside a line that works: ms until the next one. */
  let again: number | undefined
  /** What the next dial tries. After the server's own goodbye only what worked, once: a restart must not double the storm. */
  let ways = transports
  /** When the line in use was welcomed, and when there was one that worked. */
  let since = 0
  let workedAt = -Infinity
  /** Refusals without health between them that a fresh token or a fresh start may cure: one is forgiven. */
  let strikes = 0
  /** WebSockets in a row that died young. */
  let youngDeaths = 0

  /** How long WebSocket is not dialled, ms. */
  const ban = () =>
    youngDeaths < mostYoungDeaths ? 0 : Math.min(firstBan * 2 ** (youngDeaths - mostYoungDeaths), longestBan)
  const isBest = (line: L) => line.transport === transports[0]?.name
  const isCrowded = () => session.spread >= crowd

  function later(ms: number, run: () => void): void {
    cancel()
    cancel = environment.timer(ms, run)
  }

  function stop(): void {
    cancel()
    dial = undefined
    for (const line of candidates) line.close()
    candidates.clear()
  }

  function start(): void {
    begin(ways.slice(ban() ? -1 : 0))
    ways = transports
  }

  function begin(mine: W[], next?: number): void {
    stop()
    dial = mine
    again = next
    session.ask().then(
      () => dial === mine && race(),
      (cause) => dial === mine && failed({ code: codes.transient, reason: 'auth_failed', cause }),
    )
  }

  function race(): void {
    const beside = () => {
      next()
      later(timeout, () => failed({ code: codes.handshake, reason: 'handshake' }))
    }
    next()
    if (quickHello && !isCrowded()) beside()
    else later(isCrowded() ? crowdStagger : stagger, beside)
  }

  function next(): void {
    const way = dial?.shift()
    if (!way) return
    const line = session.open(way, {
      welcome: () => welcome(line),
      end(reason) {
        if (!candidates.delete(line)) return lost(reason)
        if (!dial) return
        // the server itself spoke: another transport would hear the same
        const isWord = reason.code > codes.transient
        // and if it is away, they all need not find out by every way
        if (!isWord && !(isCrowded() && state.attempt < 2)) next()
        if (isWord || candidates.size === 0) failed(reason)
      },
      sign: (sign) => line === state.live && heartbeat?.[sign](),
    })
    candidates.add(line)
  }

  /** The dial that runs has brought no line. */
  function failed(reason: CloseReason): void {
    dial = undefined
    if (state.live) return upgrade(again)
    youngDeaths = 0 // no way leads in: WebSocket was not to blame
    lost(reason)
  }

  function welcome(line: L): void {
    candidates.delete(line)
    if (isBest(line)) stop()
    dial = undefined // what still runs goes on as a probe
    const attempt = worked() ? 0 : state.attempt
    since = environment.now()
    enter({ status: 'connected', attempt, live: line })
  }

  /** While another way is in use, looks for the best one: after `ms`, then twice as long each time. */
  function upgrade(ms = ban() || firstProbe): void {
    if (!state.live || isBest(state.live)) return
    later(ms, () => begin(transports.slice(0, 1), Math.min(ms * 2 || firstProbe, longestProbe)))
  }

  /** The line in use goes: has it held long enough to count as one that works? */
  function worked(): boolean {
    const now = environment.now()
    const held = state.live ? now - since : 0
    if (held >= healthyAfter) strikes = 0
    if (held < worksAfter) return false
    workedAt = now
    return true
  }

  /** The line in use or the last hope of one is gone. */
  function lost(error: CloseReason): void {
    const { live } = state
    const attempt = worked() ? 0 : state.attempt + 1
    if (live) {
      if (error.code === codes.restart || error.code === codes.overloaded || isCrowded())
        ways = transports.filter(({ name }) => name === live.transport)
      else if (isBest(live)) youngDeaths = environment.now() - since > young ? 0 : youngDeaths + 1
    }
    const isCurable = error.code === codes.unauthorized || error.code === codes.bad_frame
    const isFinal = isCurable ? ++strikes > 1 : isFatal(error)
    const isDialled = dial && !again
    const isOnline = environment.online()
    enter({
      status: isFinal ? 'closed' : isDialled ? 'connecting' : isOnline ? 'waiting' : 'offline',
      attempt,
      error,
      delay: isOnline ? delay(error, attempt) : offlineRecheck,
    })
  }

  /** ms until the next dial. */
  function delay({ retryMs }: CloseReason, attempt: number): number {
    const own = attempt
      ? backoff(environment, attempt - 1, environment.now() - workedAt, session.spread)
      : environment.random() * session.spread
    if (typeof retryMs !== 'number') return own
    return Math.min(attempt ? Math.max(retryMs, own, shortestRepeat) : retryMs, longestWait)
  }

  function redial(): void {
    dial = undefined
    enter({ status: 'connecting', attempt: state.attempt })
  }

  function close(): void {
    session.bye()
    if (state.status !== 'closed') enter({ status: 'closed', attempt: 0 })
  }

  function hint(type: Hint): void {
    if (type === 'gone') close()
    else if (state.live) {
      heartbeat?.probe()
      if (type !== 'up') return
      youngDeaths = 0
      upgrade(0)
    } else if (type !== 'down') redial()
    else if (state.status === 'waiting') enter({ ...state, status: 'offline', delay: offlineRecheck })
  }

  function enter(next: Exclude<State<L>, { readonly status: 'idle' }>): void {
    heartbeat?.stop()
    state.live?.close()
    state = next
    if (next.status === 'connected') {
      heartbeat = createHeartbeat(
        environment,
        session,
        next.live,
        start,
        () => {
          stop()
          upgrade()
        },
        () => lost({ code: codes.no_pong, reason: 'no_pong' }),
      )
      upgrade()
    } else if (next.status === 'connecting') {
      unwatch ??= environment.watch(hint)
      if (!dial) start()
    } else {
      stop()
      if (next.status === 'closed') {
        unwatch?.()
        unwatch = undefined
      } else later(next.delay, redial)
    }
    changed(next)
  }

  return {
    get state() {
      return state
    },
    connect() {
      if (!dial && !state.live) redial()
    },
    close,
  }
}
