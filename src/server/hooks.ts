import type { Clock } from '../environment/environment'
import { EverwireError } from '../shared/errors'
import type { Refusal } from './send-queue'

/** The application's hooks, waited for. */
export interface Hooks {
  /** What a hook returned, or a rejection with `timeout` if that takes too long. What is no promise is handed on as it is: most hooks need no wait. */
  timed(value: unknown): unknown
  /** Waits for none of them any longer. */
  close(): void
}

export function createHooks(clock: Clock, ms: number): Hooks {
  const waiting = new Set<() => void>()

  function timed(value: PromiseLike<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        settle()
        reject(new EverwireError('timeout', 'the server took too long', { retryMs: 1_000 }))
      }
      const cancel = clock.timer(ms, giveUp)
      const settle = () => {
        cancel()
        waiting.delete(giveUp)
      }
      waiting.add(giveUp)
      Promise.resolve(value).finally(settle).then(resolve, reject)
    })
  }

  return {
    timed: (value) => (isPromise(value) ? timed(value) : value),
    close() {
      for (const giveUp of waiting) giveUp()
    },
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<unknown>).then === 'function'
}

/** What the client is told of an error thrown by a hook: what an `EverwireError` says, of any other error nothing but `code`. */
export function refusalOf(error: unknown, code: string): Refusal {
  if (!(error instanceof EverwireError)) return { code, message: '', retryMs: null }
  return { code: error.code, message: error.message, retryMs: error.retryMs ?? null }
}
