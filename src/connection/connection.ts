import type { Clock, Hint } from '../environment/environment'
import { type CloseReason, closeCodes, isFatal } from '../protocol/close'
import { type BackoffOptions, backoff, defaultBackoff } from './backoff'
import { createHeartbeat, type Heartbeat } from './heartbeat'
import type { DialEvents, Dialer, Line, LineEvents } from './line'
import { type Input, type State, transition } from './state'

export interface ConnectionOptions<L extends Line> {
  clock: Clock
  online(): boolean
  watch(listener: (hint: Hint) => void): () => void
  dialer(events: DialEvents<L>): Dialer<L>
  backoff?: Partial<BackoffOptions> | undefined
  /** Longest silence of a healthy line, ms. */
  silence(): number
  /** Over how many ms to spread the first redial after a loss. */
  spread(): number
  rtt(): number | undefined
  /** When the oldest send without an answer went out on `line`, `clock.now()`. */
  outstanding(line: L): number | undefined
  /** A probe was answered, ms. */
  measured(ms: number): void
  changed(state: State<L>): void
}

/** Keeps a line alive: one state, one row of its table at a time. */
export interface Connection<L extends Line> {
  readonly state: State<L>
  connect(): void
  close(): void
}

/** A line that held this long, ms, was a good one: attempts count from 0 again. */
const healthyAfter = 5_000
/** `navigator.onLine` lies: an offline client looks for itself this often, ms. */
const offlineRecheck = 20_000
/** Nobody keeps a client away longer than this, ms, nor makes it come back faster than that more than once. */
const longestWait = 300_000
const shortestRepeat = 250

export function createConnection<L extends Line>(options: ConnectionOptions<L>): Connection<L> {
  const { clock } = options
  const bounds = { ...defaultBackoff, ...options.backoff }
  let state: State<L> = { status: 'idle', attempt: 0 }
  let leave = () => {}
  let unwatch: (() => void) | undefined
  let heartbeat: Heartbeat | undefined
  let connectedAt = 0
  let healthyAt = Number.NEGATIVE_INFINITY
  /** Refusals without health between them that a fresh token or a fresh start may cure: one is forgiven. */
  let strikes = 0

  const dialer = options.dialer({
    ready(line) {
      if (state.status !== 'connected') connectedAt = clock.now()
      input({ type: 'welcome', live: line })
    },
    failed(reason) {
      if (state.status === 'connecting') lost(reason, state.attempt + 1, false)
    },
    on: (line) => ({
      touch: () => isLive(line) && heartbeat?.touch(),
      sent: () => isLive(line) && heartbeat?.expect(),
      pong: () => isLive(line) && heartbeat?.pong(),
      lost: (reason) => isLive(line) && lineLost(line, reason),
    }),
  })

  const isLive = (line: L) => state.status === 'connected' && state.live === line

  function input(next: Input<L>): void {
    const result = transition(state, next)
    if (result === 'probe') heartbeat?.probe()
    else if (result !== state) {
      state = result
      leave()
      leave = enter(result)
      options.changed(result)
    }
    if (next.type === 'up') dialer.hint()
  }

  function enter(now: State<L>): () => void {
    switch (now.status) {
      case 'idle':
        return () => {}
      case 'connecting':
        unwatch ??= options.watch((hint) => input({ type: hint }))
        if (now.dial === 'new') dialer.start()
        return () => {}
      case 'connected':
        return keep(now.live)
      case 'waiting':
        dialer.stop()
        if (!options.online()) queueMicrotask(() => state === now && input({ type: 'down' }))
        return clock.timer(now.delay, () => input({ type: 'retry' }))
      case 'offline':
        return clock.timer(offlineRecheck, () => input({ type: 'retry' }))
      case 'closed':
        dialer.stop()
        unwatch?.()
        unwatch = undefined
        return () => {}
    }
  }

  function keep(line: L): () => void {
    const watched = createHeartbeat({
      clock,
      silence: options.silence,
      rtt: options.rtt,
      outstanding: () => options.outstanding(line),
      ping: line.ping,
      suspect: dialer.start,
      fine(ms) {
        options.measured(ms)
        if (dialer.running) dialer.stop()
      },
      dead: () => lineLost(line, { code: closeCodes.no_pong, reason: 'nothing heard from the server' }),
    })
    heartbeat = watched
    dialer.live(line)
    return () => {
      watched.stop()
      dialer.live(undefined)
      line.close()
    }
  }

  function lineLost(line: L, reason: CloseReason): void {
    const { attempt } = state
    const now = clock.now()
    const healthy = now - connectedAt >= healthyAfter
    if (healthy) {
      healthyAt = now
      strikes = 0
    }
    dialer.ended(line, reason)
    lost(reason, healthy ? 0 : attempt + 1, dialer.running)
  }

  function lost(error: CloseReason, attempt: number, dialing: boolean): void {
    const curable = error.code === closeCodes.unauthorized || error.code === closeCodes.bad_frame
    if (curable ? ++strikes > 1 : isFatal(error)) return input({ type: 'fatal', error })
    input({ type: 'lost', error, attempt, dialing, delay: curable ? 0 : delay(error, attempt) })
  }

  /** ms until the next dial. */
  function delay({ retryMs }: CloseReason, attempt: number): number {
    if (attempt === 0 && retryMs === undefined) return clock.random() * options.spread()
    const own = attempt === 0 ? 0 : backoff(clock, attempt - 1, clock.now() - healthyAt, bounds)
    if (typeof retryMs !== 'number') return own
    return Math.min(Math.max(retryMs, own, attempt > 0 ? shortestRepeat : 0), longestWait)
  }

  return {
    get state() {
      return state
    },
    connect: () => input({ type: 'connect' }),
    close: () => input({ type: 'close' }),
  }
}
