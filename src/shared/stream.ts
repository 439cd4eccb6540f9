import { EverwireError } from './errors'

/** What waits for a slow reader; beyond it the iterator throws `overflow` instead of eating the memory. */
const mostBuffered = 1_000

/**
 * Turns callbacks into an async iterator. `start` runs at once and returns its undo, which runs once, however the iteration ends:
 * by `return()` (a `break` in `for await`), or by `end`, which may give it an error to throw.
 */
export function createStream<T>(
  start: (push: (value: T) => void, end: (cause?: EverwireError) => void) => () => void,
): AsyncIterableIterator<T> {
  const buffer: T[] = []
  let over: { cause: EverwireError | undefined } | undefined
  let wake = () => {}
  let stop: (() => void) | undefined

  function push(value: T): void {
    if (over) return
    if (buffer.length < mostBuffered) buffer.push(value)
    else end(new EverwireError('overflow'))
    wake()
  }

  function end(cause?: EverwireError): void {
    if (over) return
    over = { cause }
    stop?.()
    wake()
  }

  async function* read(): AsyncGenerator<T, undefined> {
    while (buffer.length > 0 || !over) {
      if (buffer.length > 0) yield buffer.shift() as T
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
    if (over.cause) throw over.cause
  }

  stop = start(push, end)
  if (over) stop() // it ended before there was an undo
  const values = read()
  const finish = values.return.bind(values)
  // the generator's own would wait for the value that a reader waits for
  values.return = () => {
    end()
    return finish(undefined)
  }
  return values
}
