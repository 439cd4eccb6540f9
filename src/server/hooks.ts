import type { Clock } from '../environment/environment'
import { EverwireError } from '../shared/errors'
import type { Refusal } from './send-queue'

/** What a hook returned, or a rejection with `timeout` after `ms`. What is no promise is handed on as it is: most hooks need no wait. */
export function timed(clock: Clock, ms: number, value: unknown): unknown {
  if (!isPromise(value)) return value
  return new Promise((resolve, reject) => {
    const cancel = clock.timer(ms, () =>
      reject(new EverwireError('timeout', 'the server took too long', { retryMs: 1_000 })),
    )
    Promise.resolve(value).then(
      (result) => {
        cancel()
        resolve(result)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<unknown>).then === 'function'
}

/** What the client is told of an error thrown by a hook: what an `EverwireError` says, of any other error nothing but `code`. */
export function refusalOf(error: unknown, code: string): Refusal {
  if (!(error instanceof EverwireError)) return { code, message: '', retryMs: null }
  return { code: error.code, message: error.message, retryMs: error.retryMs ?? null }
}
