import type { Clock } from '../environment/environment'

export interface Heartbeat {
  /** Something came from the client. */
  touch(): void
  stop(): void
}

/** After a ping, a client has this long to say anything, ms. */
export const patienceMs = 10_000

/** Pings so often that the client can tell silence from death, and tells the same of the client. */
export function startHeartbeat(clock: Clock, everyMs: number, ping: () => void, dead: () => void): Heartbeat {
  let heardAt = clock.now()
  // the first one at random, or all clients of a restarted server would be pinged at once
  let cancel = clock.timer(everyMs * (0.5 + clock.random() / 2), beat)
  let cancelPatience = () => {}

  function beat(): void {
    const pingedAt = clock.now()
    ping()
    cancelPatience = clock.timer(Math.min(patienceMs, everyMs), () => {
      if (heardAt < pingedAt) dead()
    })
    cancel = clock.timer(everyMs, beat)
  }

  return {
    touch() {
      heardAt = clock.now()
    },
    stop() {
      cancel()
      cancelPatience()
    },
  }
}
