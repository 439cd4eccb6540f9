/** Things that come in order and are awaited one by one. */
export function createQueue<T>() {
  const all: T[] = []
  const waiting: ((value: T) => void)[] = []
  let taken = 0
  return {
    /** Everything that ever came. */
    all,
    push(value: T): void {
      all.push(value)
      const next = waiting.shift()
      if (!next) return
      taken++
      next(value)
    },
    /** The first that was not taken yet. */
    next(): Promise<T> {
      const value = all[taken]
      if (value === undefined) return new Promise((resolve) => waiting.push(resolve))
      taken++
      return Promise.resolve(value)
    },
  }
}
