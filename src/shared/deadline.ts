import type { Clock } from '../environment/environment'
import { EverwireError } from './errors'

export interface Deadline {
  /** ms until it is given up; undefined = never. */
  timeout?: number | undefined
  signal?: AbortSignal | undefined
}

/** Calls `giveUp` once, when the time is over or the signal aborts. The function returned calls it off. */
export function deadline(
  clock: Clock,
  { timeout, signal }: Deadline,
  giveUp: (code: 'timeout' | 'aborted', cause?: unknown) => void,
): () => void {
  const cancel = timeout === undefined ? undefined : clock.timer(timeout, () => end('timeout'))
  const abort = () => end('aborted', signal?.reason)
  signal?.addEventListener('abort', abort)

  function off(): void {
    cancel?.()
    signal?.removeEventListener('abort', abort)
  }
  function end(code: 'timeout' | 'aborted', cause?: unknown): void {
    off()
    giveUp(code, cause)
  }
  if (signal?.aborted) abort()
  return off
}

/** A promise that a deadline may end first. `begin` returns its undo, if there is something to be undone. */
export function within<T = unknown>(
  clock: Clock,
  limit: Deadline = {},
  begin: (resolve: (value?: T) => void, reject: (error: unknown) => void) => (() => void) | void,
): Promise<T | undefined> {
  const undo: ((() => void) | void)[] = []
  return new Promise<T | undefined>((resolve, reject) => {
    undo.push(deadline(clock, limit, (code, cause) => reject(new EverwireError(code, '', { cause }))))
    undo.push(begin(resolve, reject))
  }).finally(() => {
    for (const each of undo) each?.()
  })
}
