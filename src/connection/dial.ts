import type { Clock } from '../environment/environment'
import type { CloseReason } from '../protocol/close'
import * as codes from '../protocol/codes'
import type { DialEvents, Dialer, Line, LineHooks } from './line'
import { createTrust } from './trust'

/** A way to connect. */
export interface Way {
  readonly name: 'websocket' | 'polling'
}

/** A line that knows by which way it came. */
export interface WayLine extends Line {
  readonly transport: Way['name']
}

export interface DialOptions<L extends WayLine, W extends Way> {
  clock: Clock
  /** In order of preference: WebSocket first, then what works where that is blocked. */
  transports: readonly W[]
  open(transport: W, hooks: LineHooks): L
  /** Asks for what a hello needs; once per dial, shared by its candidates. */
  prepare(): Promise<unknown>
  /** Whether the quick HTTP hello starts beside the WebSocket dial; else it waits for the stagger. */
  quickHello: boolean
  /** One of so many clients that nobody should knock twice: then only what worked is redialled, and the quick hello is left out. */
  crowded(): boolean
}

/** A candidate that was not welcomed after this long, ms, has failed. */
const timeout = 10_000
/** Without the quick hello, long-polling starts this long after WebSocket, ms. */
const stagger = 400
/** While long-polling is live, WebSocket is tried after this long, ms, then twice as long each time, up to the second. */
const firstProbe = 2_000
const longestProbe = 120_000

/**
 * First welcome wins. WebSocket is dialled with one quick HTTP hello beside it; if HTTP answers first, it is used at once, and
 * WebSocket takes over when its own welcome arrives, now or at a later probe.
 */
export function createDialer<L extends WayLine, W extends Way>(
  { clock, transports, open, prepare, quickHello, crowded }: DialOptions<L, W>,
  events: DialEvents<L>,
): Dialer<L> {
  const [best] = transports
  const trust = createTrust(clock)
  /** What is being dialled, each with the function that gives it up. */
  const candidates = new Map<W, () => void>()
  /** What this dial has not tried yet. */
  let untried: W[] = []
  /** The dial that runs: an object of its own, so that a late answer to an older one is known as such. */
  let dial: object | undefined
  let current: L | undefined
  /** When the line in use was welcomed. */
  let since = 0
  /** After the server's own goodbye only what worked is dialled, once: a restart must not double the storm. */
  let alone: Way['name'] | undefined
  let cancelStagger = () => {}
  let cancelProbe = () => {}
  let probeDelay = firstProbe

  function stop(): void {
    dial = undefined
    cancelStagger()
    for (const giveUp of candidates.values()) giveUp()
  }

  function start(): void {
    stop()
    const mine = {}
    dial = mine
    prepare().then(
      () => dial === mine && race(),
      (cause) => dial === mine && fail({ code: codes.transient, reason: 'auth_failed', cause }),
    )
  }

  function race(): void {
    const isBanned = trust.wait() > 0 && transports.length > 1
    untried = transports.filter(({ name }) => !alone || name === alone)
    alone = undefined
    if (isBanned) untried.reverse()
    next()
    if (isBanned) return
    if (quickHello && !crowded()) next()
    else cancelStagger = clock.timer(stagger, next)
  }

  function next(): void {
    const transport = untried.shift()
    if (transport) attempt(transport)
  }

  function attempt(transport: W): void {
    /** True if it was a candidate until now. */
    function settled(): boolean {
      cancel()
      return candidates.get(transport) === giveUp && candidates.delete(transport)
    }
    const line = open(transport, {
      welcome() {
        settled()
        if (transport === best) {
          probeDelay = firstProbe
          stop()
        }
        dial = undefined
        cancelStagger()
        since = clock.now()
        events.ready(line)
      },
      end(reason) {
        if (settled()) missed(reason)
        else events.lost(line, reason)
      },
      sign: (sign) => events.sign(line, sign),
    })
    const giveUp = () => {
      settled()
      line.close()
    }
    const cancel = clock.timer(timeout, () => {
      giveUp()
      missed({ code: codes.handshake, reason: 'handshake' })
    })
    candidates.set(transport, giveUp)
  }

  function missed(reason: CloseReason): void {
    if (!dial) return probeLater()
    // the server itself spoke: another transport would hear the same
    if (reason.retryMs !== undefined || reason.code >= codes.bad_frame) return fail(reason)
    next()
    if (candidates.size > 0) return
    trust.acquit()
    fail(reason)
  }

  function fail(reason: CloseReason): void {
    stop()
    events.failed(reason)
  }

  function probeLater(): void {
    cancelProbe()
    if (!current || current.transport === best?.name) return
    cancelProbe = clock.timer(Math.max(probeDelay, trust.wait()), probe)
    probeDelay = Math.min(probeDelay * 2, longestProbe)
  }

  /** Looks for the best way while another one is in use. */
  function probe(): void {
    const beside = current
    const isWanted = () =>
      best && beside && beside === current && beside.transport !== best.name && !dial && !candidates.has(best)
    if (isWanted()) prepare().then(() => best && isWanted() && attempt(best), probeLater)
  }

  return {
    start,
    stop,
    get running() {
      return !!dial
    },
    live(line) {
      current = line
      cancelProbe()
      // a candidate that still runs is a probe by itself
      if (line && candidates.size === 0) probeLater()
    },
    ended({ transport }, { code }) {
      if (code === codes.restart || code === codes.overloaded || crowded()) alone = transport
      else if (transport === 'websocket') trust.died(clock.now() - since)
    },
    hint() {
      probeDelay = firstProbe
      if (best && !dial) candidates.get(best)?.() // one that hangs was dialled into the old network
      probe()
    },
  }
}
