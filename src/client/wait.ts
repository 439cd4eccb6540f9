import type { Clock } from '../environment/environment'
import { EverwireError } from '../shared/errors'

/**
 * A promise with an end: `start` begins the wait and returns what undoes it; a signal or a timeout may end it first, with
 * `aborted` or `timeout`. Whatever ends it, nothing stays behind.
 */
export function waitFor<T>(
  clock: Clock,
  { timeout, signal }: { timeout?: number | undefined; signal?: AbortSignal | undefined },
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const undo: (() => void)[] = []
    let over = false
    const end = (settle: () => void) => {
      if (over) return
      over = true
      settle()
      for (const run of undo) run()
    }
    const abort = () => end(() => reject(new EverwireError('aborted', 'aborted by its signal', { cause: signal?.reason })))
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    undo.push(() => signal?.removeEventListener('abort', abort))
    if (timeout !== undefined) {
      undo.push(clock.timer(timeout, () => end(() => reject(new EverwireError('timeout', `not done after ${timeout} ms`)))))
    }
    undo.push(
      start(
        (value) => end(() => resolve(value)),
        (error) => end(() => reject(error)),
      ),
    )
    // `start` may have settled it before its own undo was known
    if (over) undo.at(-1)?.()
  })
}
