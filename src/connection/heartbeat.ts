import type { Clock } from '../environment/environment'
import type { Health, Line, Sign } from './line'

export interface HeartbeatOptions {
  clock: Clock
  health: Health
  line: Line
  /** The pong is late: time to dial beside. */
  suspect(): void
  /** The pong came after all. */
  fine(): void
  /** The line is dead. */
  dead(): void
}

/** Takes signs of life, and asks for one when there is doubt. */
export interface Heartbeat extends Record<Sign, () => void> {
  /** A hint: prove that the line lives, now. */
  probe(): void
  stop(): void
}

/** A probe without an answer after this long, ms, means a dead link: three times a slow mobile round trip. */
const probeDeadline = 3_000
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

/** Watches one live link. One timer; suspicion is cheap, because resuming is lossless. */
export function createHeartbeat({ clock, health, line, suspect, fine, dead }: HeartbeatOptions): Heartbeat {
  let last = clock.now()
  let gap = unknownGap
  let excused = -1 // sends up to then were overdue once and the link proved fine: a slow handler, not a dead link
  let probedAt: number | undefined
  let suspected = false
  let due = Infinity
  let cancel = () => {}

  const trips = (count: number, least: number) => Math.max(least, count * (health.rtt ?? 0))

  /** When to do something about it. */
  function next(): number {
    if (probedAt !== undefined) return probedAt + (suspected ? probeDeadline : trips(3, 300))
    const sent = line.outstanding() ?? -1
    return Math.min(
      last + (gap < busyGap ? Math.max(quietFloor, quietGaps * gap) : health.silence - probeDeadline),
      sent > excused ? sent + trips(overdueTrips, overdueFloor) : Infinity,
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
    if (clock.now() < next()) return arm()
    if (probedAt === undefined) return probe()
    if (suspected) return dead()
    suspected = true
    suspect()
    arm()
  }

  function probe(): void {
    if (probedAt !== undefined) return
    probedAt = clock.now()
    suspected = false
    line.ping()
    arm()
  }

  arm()
  return {
    touch() {
      const now = clock.now()
      gap = gap * 0.75 + (now - last) * 0.25
      last = now
      if (gap < busyGap) arm()
    },
    sent: arm,
    pong() {
      if (probedAt === undefined) return
      const now = clock.now()
      health.measure(now - probedAt)
      probedAt = undefined
      gap = unknownGap // what was usual is over: a stream that ended costs one probe, not one a second
      excused = now
      fine()
      arm()
    },
    probe,
    stop() {
      cancel()
      due = -Infinity
    },
  }
}
