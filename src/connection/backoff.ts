import type { Clock } from '../environment/environment'

/** First bound, ms. */
const base = 250
/** Highest bound, ms; while a healthy connection was there not long ago, the second. */
const cap = 20_000
const freshCap = 1_500
/** How long ago that is, ms. */
const freshFor = 15_000
/** The shortest wait, ms: even the luckiest draw leaves a server some air. */
const floor = 50

/**
 * Full jitter, applied after the cap ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015): every client draws from
 * the whole interval, so that a crowd spreads out instead of meeting again at the cap.
 *
 * @param attempt failed attempts so far, 0 for the first wait
 * @param sinceHealthy ms since a healthy connection was there
 * @param spread the least bound, ms: what the server wants its crowd spread over (measured by `npm run storm`)
 */
export function backoff(clock: Pick<Clock, 'random'>, attempt: number, sinceHealthy: number, spread = 0): number {
  const bound = Math.min(sinceHealthy < freshFor ? freshCap : cap, base * 2 ** attempt)
  return Math.max(floor, clock.random() * Math.max(spread, bound))
}
