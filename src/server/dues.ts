import type { Clock } from '../environment/environment'

/** Things that wait for the same length of time each: one timer for all of them. */
export interface Dues<T> {
  /** It falls due a full time from now, also if it was waiting before. */
  add(item: T): void
  /** It waits no longer; false if it did not. */
  delete(item: T): boolean
  has(item: T): boolean
  /** The one that has waited longest. */
  oldest(): T | undefined
  readonly size: number
  clear(): void
}

/**
 * @example
 * const absent = createDues<Session>(clock, 10_000, (session) => forget(session))
 * absent.add(session)
 */
export function createDues<T>(clock: Clock, ms: number, due: (item: T) => void): Dues<T> {
  /** In the order in which they fall due. */
  const waiting = new Map<T, number>()
  let cancel: (() => void) | undefined

  const oldest = () => waiting.entries().next().value

  function arm(): void {
    const [, at] = oldest() ?? []
    if (at !== undefined && !cancel) cancel = clock.timer(Math.max(0, at - clock.now()), fire)
  }

  function fire(): void {
    cancel = undefined
    for (const [item, at] of waiting) {
      if (at > clock.now()) break
      waiting.delete(item)
      due(item)
    }
    arm()
  }

  function rest(): void {
    if (waiting.size > 0) return
    cancel?.()
    cancel = undefined
  }

  return {
    add(item) {
      waiting.delete(item)
      waiting.set(item, clock.now() + ms)
      arm()
    },
    delete(item) {
      const found = waiting.delete(item)
      rest()
      return found
    },
    has: (item) => waiting.has(item),
    oldest: () => oldest()?.[0],
    get size() {
      return waiting.size
    },
    clear() {
      waiting.clear()
      rest()
    },
  }
}
