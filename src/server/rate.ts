import type { Clock } from '../environment/environment'

/** A token bucket. */
export interface Bucket {
  /** Takes one, or so many; returns 0, or takes nothing and returns in how many ms there will be enough. `now`: if it has been asked for. */
  take(amount?: number, now?: number): number
}

/** @param perSecond how fast it fills · @param burst how much it holds */
export function createBucket(clock: Clock, perSecond: number, burst: number): Bucket {
  let level = burst
  let at = clock.now()
  return {
    take(amount = 1, now = clock.now()) {
      if (burst === Number.POSITIVE_INFINITY || perSecond === Number.POSITIVE_INFINITY) return 0
      level = Math.min(burst, level + ((now - at) * perSecond) / 1000)
      at = now
      // what is more than it ever holds has to do with all of it
      const least = Math.min(amount, burst)
      if (level < least) return Math.max(1, Math.ceil(((least - level) * 1000) / perSecond))
      level -= least
      return 0
    },
  }
}
