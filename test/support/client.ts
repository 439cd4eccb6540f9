import { type Client, type ClientOptions, createClient } from 'everwire'
import { onTestFinished } from 'vitest'
import type { Chat } from './server'

/** A client that is closed when the test is over. */
export function startClient(url: string, options: Partial<ClientOptions> = {}): Client<Chat> {
  const client = createClient<Chat>({ url, ...options })
  onTestFinished(() => client.close())
  return client
}

/** Collects what is pushed into it; `take(n)` waits for n of them. */
export function collect<T>() {
  const all: T[] = []
  let waiting: { count: number; resolve(): void }[] = []
  return {
    all,
    push(value: T) {
      all.push(value)
      waiting = waiting.filter(({ count, resolve }) => {
        if (all.length < count) return true
        resolve()
        return false
      })
    },
    async take(count: number): Promise<T[]> {
      if (all.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }))
      return all.slice(0, count)
    },
  }
}

/** Resolves once the state of anything with `state` and `watch` fits. */
export function until<S>(
  source: { readonly state: S; watch(listener: (state: S) => void): () => void },
  fits: (state: S) => boolean,
) {
  return new Promise<S>((resolve) => {
    const look = (state: S) => {
      if (!fits(state)) return
      off()
      resolve(state)
    }
    const off = source.watch(look)
    look(source.state)
  })
}
