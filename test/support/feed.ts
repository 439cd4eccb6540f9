import type { Channel } from 'everwire'
import type { Chat, TestServer } from './server'

/** Publishes 1, 2, 3, … to room:1 until told to stop; resolves with how many. */
export function startFeed({ realtime }: TestServer, perSecond: number) {
  let n = 0
  let stopped = false
  const begun = performance.now()
  const done = (async () => {
    while (!stopped) {
      const due = ((performance.now() - begun) * perSecond) / 1000
      while (n < due) await realtime.publish('room:1', 'n', ++n)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return n
  })()
  return {
    stop() {
      stopped = true
      return done
    },
  }
}

/** Keeps the books of one listener: what came, and whether anything was lost, doubled or reordered. */
export function audit(channel: Channel<Chat, 'room:1'>) {
  const seen: number[] = []
  const gaps: { reason: string; missed: number | null }[] = []
  let waiting: { n: number; resolve(): void }[] = []
  channel.onGap((gap) => gaps.push({ ...gap }))
  channel.on('n', (n) => {
    seen.push(n)
    waiting = waiting.filter((waiter) => {
      if (n < waiter.n) return true
      waiter.resolve()
      return false
    })
  })
  return {
    seen,
    gaps,
    /** Resolves once `n` or a later one has come. */
    reached: (n: number) =>
      new Promise<void>((resolve) => ((seen.at(-1) ?? 0) >= n ? resolve() : waiting.push({ n, resolve }))),
    /** From the first one seen on, every number up to `last` once and in order. */
    expected: (last: number) => Array.from({ length: last - (seen[0] ?? 1) + 1 }, (_, i) => (seen[0] ?? 1) + i),
  }
}
