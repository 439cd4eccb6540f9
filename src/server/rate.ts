import type { Clock } from '../environment/environment'

/** A token bucket. */
export interface Bucket {
  /** Takes one; returns 0, or in how many ms there will be one. */
  take(): number
}

/** @param perSecond how fast it fills · @param burst how much it holds */
export function createBucket(clock: Clock, perSecond: number, burst: number): Bucket {
  let level = burst
  let at = clock.now()
  return {
    take() {
      if (burst === Number.POSITIVE_INFINITY || perSecond === Number.POSITIVE_INFINITY) return 0
      const now = clock.now()
      level = Math.min(burst, level + ((now - at) * perSecond) / 1000)
      at = now
      if (level < 1) return Math.max(1, Math.ceil(((1 - level) * 1000) / perSecond))
      level -= 1
      return 0
    },
  }
}
