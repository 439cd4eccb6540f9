import type { Clock } from '../environment/environment'

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
  const abort = () => {
    off()
    giveUp('aborted', signal?.reason)
  }
  const cancel =
    timeout !== undefined &&
    clock.timer(timeout, () => {
      off()
      giveUp('timeout')
    })
  signal?.addEventListener('abort', abort)
  const off = () => {
    if (cancel) cancel()
    signal?.removeEventListener('abort', abort)
  }
  return off
}
