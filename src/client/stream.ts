import { EverwireError } from '../shared/errors'

/** What waits for a slow reader; beyond it the iterator throws `overflow` instead of eating the memory. */
const mostBuffered = 1_000

/**
 * Turns callbacks into an async iterator. `start` runs at once and returns its undo, which runs once, however the iteration ends:
 * by `return()` (a `break` in `for await`), the signal, or `end`.
 */
export function createStream<T>(
  signal: AbortSignal | undefined,
  start: (push: (value: T) => void, end: () => void) => () => void,
): AsyncIterableIterator<T> {
  const buffer: T[] = []
  const readers: { resolve(result: IteratorResult<T>): void; reject(error: unknown): void }[] = []
  let over = false
  let error: EverwireError | undefined
  const finish = () => {
    if (over) return
    over = true
    signal?.removeEventListener('abort', finish)
    stop?.()
    for (const reader of readers.splice(0)) reader.resolve({ done: true, value: undefined })
  }
  const push = (value: T) => {
    const reader = readers.shift()
    if (over) return
    if (reader) return reader.resolve({ done: false, value })
    if (buffer.length < mostBuffered) return void buffer.push(value)
    error = new EverwireError('overflow', `more than ${mostBuffered} events waited for the reader`)
    finish()
  }
  let stop: (() => void) | undefined
  if (signal?.aborted) over = true
  else {
    stop = start(push, finish)
    signal?.addEventListener('abort', finish)
  }

  return {
    [Symbol.asyncIterator]() {
      return this
    },
    next() {
      if (buffer.length > 0) return Promise.resolve({ done: false, value: buffer.shift() as T })
      if (error) {
        const thrown = error
        error = undefined
        return Promise.reject(thrown)
      }
      if (over) return Promise.resolve({ done: true, value: undefined })
      return new Promise((resolve, reject) => readers.push({ resolve, reject }))
    },
    return() {
      buffer.length = 0
      error = undefined
      finish()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}
