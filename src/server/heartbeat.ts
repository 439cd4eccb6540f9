import type { Clock } from '../environment/environment'

/** One who is pinged. */
export interface Pulse {
  /** Whether anything has come from the client since the last ping. */
  heard: boolean
  ping(): void
  /** It has said nothing for too long. */
  dead(): void
  /** Where it has its place in the round; the heartbeat's own. */
  place?: Set<Pulse>
}

/** Pings every client so often that it can tell silence from death, and tells the same of the client. */
export interface Heartbeat {
  start(pulse: Pulse): void
  stop(pulse: Pulse): void
}

/** After a ping, a client has this long to say anything, ms. */
const patienceMs = 10_000
/** A round of pings is spread over so many steps, of at least so many ms: few pings at a time, and one timer for all clients. */
const mostSteps = 64
const stepMs = 20

export function createHeartbeat(clock: Clock, everyMs: number): Heartbeat {
  const steps = Math.min(mostSteps, Math.max(2, Math.floor(everyMs / stepMs)))
  const round = Array.from({ length: steps }, () => new Set<Pulse>())
  const patience = Math.min(steps - 1, Math.ceil((Math.min(patienceMs, everyMs) * steps) / everyMs))
  const placeAt = (step: number) => round[step % steps] as Set<Pulse>
  let now = 0
  let members = 0
  let cancel: (() => void) | undefined

  function step(): void {
    now++
    cancel = clock.timer(everyMs / steps, step)
    for (const pulse of placeAt(now + steps - patience)) if (!pulse.heard) pulse.dead()
    for (const pulse of placeAt(now)) {
      pulse.heard = false
      pulse.ping()
    }
  }

  return {
    start(pulse) {
      // the first one at random, or all clients of a restarted server would be pinged at once
      pulse.place = placeAt(now + Math.ceil(steps * (0.5 + clock.random() / 2)))
      pulse.place.add(pulse)
      pulse.heard = true
      members++
      cancel ??= clock.timer(everyMs / steps, step)
    },
    stop(pulse) {
      if (!pulse.place?.delete(pulse) || --members > 0) return
      cancel?.()
      cancel = undefined
    },
  }
}
