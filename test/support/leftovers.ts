/**
 * Checks that run after the current test; each names what is still open. Fake clocks, servers and proxies add one as they are made.
 *
 * @example
 * leftovers.push(() => (timers.size > 0 ? [`${timers.size} timers`] : []))
 */
export const leftovers: (() => string[])[] = []
