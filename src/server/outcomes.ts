import type { Clock } from '../environment/environment'

/** What became of numbered sends, kept for the dedupe window, bounded. Knows up to where it has forgotten. */
export function createOutcomes<T>(clock: Clock, windowMs: number, most: number) {
  const kept = new Map<number, { value: T; at: number }>()
  let floor = 0

  return {
    get: (n: number): T | undefined => kept.get(n)?.value,
    /** True if there may have been an outcome that was thrown away: nobody can know any more. */
    forgotten: (n: number): boolean => n <= floor && !kept.has(n),
    keep(n: number, value: T): void {
      kept.delete(n)
      kept.set(n, { value, at: clock.now() })
      const oldest = clock.now() - windowMs
      for (const [number, { at }] of kept) {
        if (kept.size <= most && at >= oldest) break
        // what has left the window is known by its age; only what is thrown away early leaves a doubt
        if (at >= oldest) floor = Math.max(floor, number)
        kept.delete(number)
      }
    },
    size: () => kept.size,
  }
}
