import type { Fetch } from '../../src/environment/environment'
import { createQueue } from './queue'

/** The server's end of one request. */
export interface FakeRequest {
  readonly url: string
  readonly init: RequestInit
  readonly body: string
  /** 'open' until it is answered, fails or is aborted by the client. */
  readonly state: 'open' | 'answered' | 'failed' | 'aborted'
  answer(text: string, status?: number): void
  /** The network breaks it. */
  fail(cause?: Error): void
}

/**
 * A `fetch` without a network: each request waits for its test to answer it.
 *
 * @example
 * const { fetch, requests } = createFakeFetch()
 * const request = await requests.next()
 * request.answer('["i"]')
 */
export function createFakeFetch() {
  const requests = createQueue<FakeRequest>()

  const fetch: Fetch = (url, init) =>
    new Promise((resolve, reject) => {
      let state: FakeRequest['state'] = 'open'
      function end(as: FakeRequest['state'], settle: () => void): void {
        if (state !== 'open') return
        state = as
        init.signal?.removeEventListener('abort', abort)
        settle()
      }
      const abort = () => end('aborted', () => reject(init.signal?.reason))
      if (init.signal?.aborted) abort()
      init.signal?.addEventListener('abort', abort)
      requests.push({
        url,
        init,
        body: String(init.body),
        get state() {
          return state
        },
        answer: (text, status = 200) => end('answered', () => resolve(new Response(text, { status }))),
        fail: (cause = new TypeError('fetch failed')) => end('failed', () => reject(cause)),
      })
    })

  return {
    fetch,
    requests,
    /** Requests that wait for an answer. */
    get open(): FakeRequest[] {
      return requests.all.filter(({ state }) => state === 'open')
    },
  }
}
