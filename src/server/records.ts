import type { Clock } from '../environment/environment'

/** What one sender has had accepted in one channel. */
interface Sender {
  readonly channel: string
  readonly id: string
  /** Highest number accepted. */
  high: number
  readonly offsets: Map<number, number>
}

/** Exact memory of accepted sends: (channel, sender, n) → offset, each for `windowMs` or until `most` are held. */
export function createRecords(clock: Clock, windowMs: number, most: number) {
  /** By channel and sender. One key made of both would have to be put together, and hashed, for each look. */
  const channels = new Map<string, Map<string, Sender>>()
  /** In order of time; three lists, because half a million small objects keep the collector busy. */
  let queue: { senders: Sender[]; numbers: number[]; times: number[] } = { senders: [], numbers: [], times: [] }
  let head = 0
  let begin = clock.now()
  // a resend may set out inside the window and arrive after it: what it is a copy of must still be known then
  const keepMs = windowMs * 1.5

  function expire(now: number): void {
    const { senders, numbers, times } = queue
    for (;;) {
      const at = times[head]
      if (at === undefined || (at + keepMs > now && times.length - head <= most)) break
      const sender = senders[head] as Sender
      sender.offsets.delete(numbers[head] as number)
      // the high-water mark goes with the last record: a resend as old as that is `unknown` by its age
      if (sender.offsets.size === 0) forget(sender)
      // who tried up to this very moment may have been forgotten
      begin = Math.max(begin, at + 1)
      head++
    }
    begin = Math.max(begin, now - windowMs)
    if (head > 1024 && head * 2 > times.length) {
      queue = { senders: senders.slice(head), numbers: numbers.slice(head), times: times.slice(head) }
      head = 0
    }
  }

  function forget({ channel, id }: Sender): void {
    const senders = channels.get(channel)
    senders?.delete(id)
    if (senders?.size === 0) channels.delete(channel)
  }

  const find = (channel: string, id: string) => channels.get(channel)?.get(id)

  function begun(channel: string, id: string): Sender {
    const sender = { channel, id, high: 0, offsets: new Map() }
    const senders = channels.get(channel) ?? new Map<string, Sender>()
    channels.set(channel, senders.set(id, sender))
    return sender
  }

  return {
    /** Forgets what is too old by now, `clock.now()`: to be called before a look. */
    expire,
    of: (channel: string, id: string): Readonly<Sender> | undefined => find(channel, id),
    add(channel: string, id: string, n: number, offset: number, now: number): void {
      const sender = find(channel, id) ?? begun(channel, id)
      sender.high = Math.max(sender.high, n)
      sender.offsets.set(n, offset)
      queue.senders.push(sender)
      queue.numbers.push(n)
      queue.times.push(now)
      expire(now)
    },
    /** A send first tried before this moment, `clock.now()`, may have been forgotten. */
    get begin() {
      return begin
    },
    get size() {
      return queue.times.length - head
    },
    clear(): void {
      channels.clear()
      queue = { senders: [], numbers: [], times: [] }
      head = 0
    },
  }
}
