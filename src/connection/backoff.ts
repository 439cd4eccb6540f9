import type { Clock } from '../environment/environment'

/** Bounds of the waits between attempts. */
export interface BackoffOptions {
  /** First bound, ms. Default 250. */
  base?: number | undefined
  /** Highest bound, ms. Default 20,000. */
  cap?: number | undefined
  /** Highest bound while a healthy connection was there not long ago, ms. Default 1,500. */
  freshCap?: number | undefined
  /** How long ago that is, ms. Default 15,000. */
  freshFor?: number | undefined
}

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
export function backoff(
  clock: Pick<Clock, 'random'>,
  attempt: number,
  sinceHealthy: number,
  spread = 0,
  { base = 250, cap = 20_000, freshCap = 1_500, freshFor = 15_000 }: BackoffOptions = {},
): number {
  const bound = Math.min(cap, sinceHealthy < freshFor ? freshCap : cap, base * 2 ** attempt)
  return Math.max(floor, clock.random() * Math.max(spread, bound))
}
