import type { Clock } from '../environment/environment'

/** How long to let a poll be held, ms. Jitter keeps a crowd of clients from asking in step. */
const longest = 25_000
/** What dies sooner was not cut for being held. */
const shortest = 2_000
const jitter = 0.1
/** Each poll asks for so much more than the one before, up to the longest: the network may have changed. */
const growth = 1.03

/** Learns after how long something on the way cuts held polls, and asks for less. */
export function createHold(clock: Clock) {
  let bound = longest
  return {
    /** @param lost the last one was: then a short one shows soon whether the way is open again */
    next(lost: boolean): number {
      bound = Math.min(longest, bound * growth)
      return lost ? shortest : bound * (1 - jitter * clock.random())
    },
    /** A held poll died after `ms`. */
    cut(ms: number): void {
      if (ms > shortest) bound = ms * 0.8
    },
  }
}

export type Hold = ReturnType<typeof createHold>
