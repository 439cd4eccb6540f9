import type { Clock } from '../environment/environment'
import type { Health, Line, Sign } from './line'

/** Takes signs of life, and asks for one when there is doubt. */
export interface Heartbeat extends Record<Sign, () => void> {
  /** A hint: prove that the line lives, now. */
  probe(): void
  stop(): void
}

/** A probe without an answer after this long, ms, means a dead link: three times a slow mobile round trip. */
const probeDeadline = 3_000
/** It is suspicious after this many round trips and at least so many ms. */
const suspectTrips = 3
const suspectFloor = 300
/** Silence out of character: quiet for this many times the usual gap, and for at least `quietFloor` ms, on a busy link. */
const quietGaps = 4
const quietFloor = 1_000
/** A link is busy if messages come at least this often, ms apart on average. */
const busyGap = 1_000
/** An answer is overdue after this many round trips and at least `overdueFloor` ms. */
const overdueTrips = 4
const overdueFloor = 1_000
/** The average before there is one, ms: some messages have to come first. */
const unknownGap = 2 * busyGap

/**
 * Watches one live link. One timer; suspicion is cheap, because resuming is lossless.
 *
 * @param suspect the pong is late: time to dial beside
 * @param fine it came after all
 * @param dead the line is dead
 */
export function createHeartbeat(
  clock: Clock,
  health: Health,
  line: Line,
  suspect: () => void,
  fine: () => void,
  dead: () => void,
): Heartbeat {
  let doubt: 'none' | 'asked' | 'suspected' = 'none'
  let last = clock.now()
  let gap = unknownGap
  /** The last probe, or its answer: sends from before it were overdue once and the link proved fine, so a slow handler is no dead link. */
  let askedAt = -1
  let due = Infinity
  let cancel = () => {}

  const trips = (count: number, least: number) => Math.max(least, count * (health.rtt ?? 0))

  /** When to do something about it. */
  function next(): number {
    if (doubt === 'asked') return askedAt + trips(suspectTrips, suspectFloor)
    if (doubt === 'suspected') return askedAt + probeDeadline
    const sent = line.pending() ?? -1
    return Math.min(
      last + (gap < busyGap ? Math.max(quietFloor, quietGaps * gap) : health.silence - probeDeadline),
      sent > askedAt ? sent + trips(overdueTrips, overdueFloor) : Infinity,
    )
  }

  function arm(): void {
    const at = next()
    if (at >= due) return // the timer that runs comes first and looks again
    cancel()
    due = at
    cancel = clock.timer(Math.max(0, at - clock.now()), check)
  }

  function check(): void {
    due = Infinity
    if (clock.now() >= next()) {
      if (doubt === 'none') return probe()
      if (doubt === 'suspected') return dead()
      doubt = 'suspected'
      suspect()
    }
    arm()
  }

  function probe(): void {
    if (doubt !== 'none') return
    doubt = 'asked'
    askedAt = clock.now()
    line.ping()
    arm()
  }

  arm()
  return {
    touch() {
      const now = clock.now()
      gap = gap * 0.75 + (now - last) * 0.25
      last = now
      arm()
    },
    sent: arm,
    pong() {
      if (doubt === 'none') return
      const now = clock.now()
      health.measure(now - askedAt)
      askedAt = now
      if (doubt === 'suspected') fine()
      doubt = 'none'
      gap = unknownGap // what was usual is over: a stream that ended costs one probe, not one a second
      arm()
    },
    probe,
    stop() {
      cancel()
      due = -Infinity
    },
  }
}
