import type { Clock } from '../environment/environment'

interface Sender {
  readonly key: string
  /** Highest number accepted. */
  high: number
  offsets: Map<number, number>
}

/** Exact memory of accepted sends: (channel, sender, n) → offset, each for `windowMs` or until `most` are held. */
export function createRecords(clock: Clock, windowMs: number, most: number) {
  const senders = new Map<string, Sender>()
  /** In order of time. */
  let queue: { sender: Sender; n: number; at: number }[] = []
  let head = 0
  let begin = clock.now()
  // a resend may set out inside the window and arrive after it: what it is a copy of must still be known then
  const keepMs = windowMs * 1.5
  const keyOf = (channel: string, id: string) => `${id} ${channel}`

  function expire(): void {
    const now = clock.now()
    for (;;) {
      const oldest = queue[head]
      if (!oldest || (oldest.at + keepMs > now && queue.length - head <= most)) break
      head++
      // who tried up to this very moment may have been forgotten
      begin = Math.max(begin, oldest.at + 1)
      const { sender, n } = oldest
      sender.offsets.delete(n)
      // the high-water mark goes with the last record: a resend as old as that is `unknown` by its age
      if (sender.offsets.size === 0) senders.delete(sender.key)
    }
    begin = Math.max(begin, now - windowMs)
    if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head)
      head = 0
    }
  }

  return {
    get(channel: string, id: string, n: number): number | undefined {
      expire()
      return senders.get(keyOf(channel, id))?.offsets.get(n)
    },
    high: (channel: string, id: string) => senders.get(keyOf(channel, id))?.high ?? 0,
    add(channel: string, id: string, n: number, offset: number): void {
      const key = keyOf(channel, id)
      let sender = senders.get(key)
      if (!sender) {
        sender = { key, high: 0, offsets: new Map() }
        senders.set(key, sender)
      }
      sender.high = Math.max(sender.high, n)
      sender.offsets.set(n, offset)
      queue.push({ sender, n, at: clock.now() })
      expire()
    },
    /** A send first tried before this moment, `clock.now()`, may have been forgotten. */
    get begin() {
      return begin
    },
    get size() {
      return queue.length - head
    },
    clear(): void {
      senders.clear()
      queue = []
      head = 0
    },
  }
}
