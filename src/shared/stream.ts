import { EverwireError } from './errors'

/** What waits for a slow reader; beyond it the iterator throws `overflow` instead of eating the memory. */
const mostBuffered = 1_000

/**
 * Turns callbacks into an async iterator. `start` runs at once and returns its undo, which runs once, however the iteration ends:
 * by `return()` (a `break` in `for await`), the signal, or `end`, which may give it an error to throw.
 */
export function createStream<T>(
  signal: AbortSignal | undefined,
  start: (push: (value: T) => void, end: (cause?: EverwireError) => void) => () => void,
): AsyncIterableIterator<T> {
  const buffer: T[] = []
  let error: EverwireError | undefined
  let over = false
  let stop = () => {}
  let wake = () => {}

  function end(cause?: EverwireError): void {
    if (over) return
    over = true
    error = cause
    signal?.removeEventListener('abort', abort)
    stop()
    wake()
  }

  async function* read(): AsyncGenerator<T, undefined> {
    for (;;) {
      while (buffer.length > 0) yield buffer.shift() as T
      if (error) throw error
      if (over) return
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }

  const abort = () => end()
  signal?.addEventListener('abort', abort)
  stop = start((value) => {
    if (over) return
    if (buffer.push(value) > mostBuffered) {
      buffer.pop()
      end(new EverwireError('overflow'))
    }
    wake()
  }, end)
  if (signal?.aborted) end()

  const values = read()
  const finish = values.return.bind(values)
  // the generator's own would wait for the value that a reader waits for
  values.return = () => {
    buffer.length = 0
    error = undefined
    end()
    return finish(undefined)
  }
  return values
}
