import type { Clock, Environment } from '../environment/environment'
import { type CloseReason, isFatal } from '../protocol/close'
import * as codes from '../protocol/codes'
import { backoff } from './backoff'
import { createHeartbeat, type Heartbeat } from './heartbeat'
import type { DialEvents, Dialer, Health, Line } from './line'
import { type Input, type State, transition } from './state'

export interface ConnectionOptions<L extends Line> {
  environment: Pick<Environment, keyof Clock | 'online' | 'watch'>
  health: Health
  dialer(events: DialEvents<L>): Dialer<L>
  changed(state: State<L>): void
}

/** Keeps a line alive: one state, one row of its table at a time. */
export interface Connection<L extends Line> {
  readonly state: State<L>
  connect(): void
  close(): void
}

/** A line that held this long, ms, works: attempts count from 0 again. One a second is no hammering. */
const worksAfter = 1_000
/** One that held this long was a good one: refusals are forgiven again. */
const healthyAfter = 5_000
/** `navigator.onLine` lies: an offline client looks for itself this often, ms. */
const offlineRecheck = 20_000
/** Nobody keeps a client away longer than this, ms, nor makes it come back faster than that more than once. */
const longestWait = 300_000
const shortestRepeat = 250

export function createConnection<L extends Line>(options: ConnectionOptions<L>): Connection<L> {
  const { environment, health } = options
  let state: State<L> = { status: 'idle', attempt: 0 }
  let leave = () => {}
  let unwatch: (() => void) | undefined
  let heartbeat: Heartbeat | undefined
  let connectedAt = 0
  let healthyAt = -Infinity
  /** Refusals without health between them that a fresh token or a fresh start may cure: one is forgiven. */
  let strikes = 0

  const dialer = options.dialer({
    ready(line) {
      if (state.status !== 'connected') connectedAt = environment.now()
      input({ type: 'welcome', live: line })
    },
    failed(reason) {
      if (state.status === 'connecting') lost(reason, state.attempt + 1, false)
    },
    sign(line, sign) {
      if (isLive(line)) heartbeat?.[sign]()
    },
    lost: lineLost,
  })

  const isLive = (line: L) => state.status === 'connected' && state.live === line

  function input(next: Input<L>): void {
    const result = transition(state, next)
    if (result === 'probe') heartbeat?.probe()
    else if (result !== state) {
      state = result
      leave()
      leave = enter(result) ?? (() => {})
      options.changed(result)
    }
    if (next.type === 'up') dialer.hint()
  }

  function enter(now: State<L>): (() => void) | undefined {
    const retry = () => input({ type: 'retry' })
    switch (now.status) {
      case 'connecting':
        unwatch ??= environment.watch((type) => input({ type }))
        if (!now.dialing) dialer.start()
        return
      case 'connected':
        return keep(now.live)
      case 'waiting':
        dialer.stop()
        if (!environment.online()) queueMicrotask(() => state === now && input({ type: 'down' }))
        return environment.timer(now.delay, retry)
      case 'offline':
        return environment.timer(offlineRecheck, retry)
      case 'closed':
        dialer.stop()
        unwatch?.()
        unwatch = undefined
    }
  }

  function keep(line: L): () => void {
    const watched = createHeartbeat({
      clock: environment,
      health,
      line,
      suspect: dialer.start,
      fine() {
        if (dialer.running) dialer.stop()
      },
      dead: () => lineLost(line, { code: codes.no_pong, reason: 'no_pong' }),
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
    if (!isLive(line)) return
    const now = environment.now()
    const held = now - connectedAt
    const works = held >= worksAfter
    if (works) healthyAt = now
    if (held >= healthyAfter) strikes = 0
    dialer.ended(line, reason)
    lost(reason, works ? 0 : state.attempt + 1, dialer.running)
  }

  function lost(error: CloseReason, attempt: number, dialing: boolean): void {
    const curable = error.code === codes.unauthorized || error.code === codes.bad_frame
    if (curable ? ++strikes > 1 : isFatal(error)) input({ type: 'fatal', error })
    else input({ type: 'lost', error, attempt, dialing, delay: curable ? 0 : delay(error, attempt) })
  }

  /** ms until the next dial. */
  function delay({ retryMs }: CloseReason, attempt: number): number {
    const own = attempt
      ? backoff(environment, attempt - 1, environment.now() - healthyAt, health.spread)
      : environment.random() * health.spread
    if (typeof retryMs !== 'number') return own
    return Math.min(attempt ? Math.max(retryMs, own, shortestRepeat) : retryMs, longestWait)
  }

  return {
    get state() {
      return state
    },
    connect: () => input({ type: 'connect' }),
    close: () => input({ type: 'close' }),
  }
}
