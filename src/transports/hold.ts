import type { Clock } from '../environment/environment'

/** How long to let a poll be held, ms. Jitter keeps a crowd of clients from asking in step. */
const longest = 25_000
const shortest = 2_000
const jitter = 0.1
/** Each poll asks for so much more than the one before, up to the longest: the network may have changed. */
const growth = 1.01

/** Learns after how long something on the way cuts held polls, and asks for less. */
export function createHold(clock: Clock) {
  let bound = longest
  let lastCut = Number.NaN
  return {
    next(): number {
      bound = Math.min(longest, bound * growth)
      return bound * (1 - jitter * clock.random())
    },
    /** A held poll died after `ms`. Twice after the same time is a proxy's timeout, not chance. */
    cut(ms: number): void {
      if (ms > shortest && Math.abs(ms - lastCut) < ms * jitter) bound = Math.max(shortest, ms * 0.8)
      lastCut = ms
    },
  }
}
