import type { Cursor } from '../protocol/frames'
import type { Broker, ReadResult, StoredEvent } from './broker'
import type { Hub, Reader, Tailer } from './hub'
import { binaryOf, line, type Outlet, type StoredMeta } from './outlet'

/** One connection's position in one channel. It keeps no events: what it has not got yet is in the history. */
export interface Subscription {
  /** True while events wait for it. */
  behind(): boolean
  /** Goes on after the outlet was full. */
  resume(): void
  end(): void
}

export interface SubscriptionOptions {
  hub: Hub
  broker: Broker
  tailer: Tailer
  outlet: Outlet
  /** Where the reading begins: the events after it are delivered. */
  cursor: Cursor
  /** Public id of the reader. */
  id: string
  /** It has caught up, or stopped because the outlet is full. */
  settled(): void
  /** The broker fails. */
  failed(error: unknown): void
}

/** Most events of one read. */
const readEvents = 256

export function createSubscription(options: SubscriptionOptions): Subscription {
  const { hub, broker, tailer, outlet, id, settled, failed } = options
  const { channel } = tailer
  let [epoch, offset] = options.cursor
  let behind = !current()
  let reading = false
  /** The reader was too slow at some time since it was last up to date. */
  let slow = false
  let over = false

  const reader: Reader = {
    wake(event) {
      if (behind) return
      if (event.offset === offset + 1 && epoch === tailer.epoch && !outlet.full()) return deliver(event)
      if (current()) return
      behind = true
      void catchUp()
    },
    pass(text, bytes) {
      if (!behind && !outlet.full()) outlet.write(text, bytes, true)
    },
  }
  hub.add(tailer, reader)
  if (behind) void catchUp()

  function current(): boolean {
    return epoch === tailer.epoch && offset === tailer.top
  }

  function deliver(event: StoredEvent): void {
    offset = event.offset
    const { e, f }: StoredMeta = event.meta ?? {}
    if (e === 0 && f?.startsWith(`${id}:`)) outlet.write(line(['v', channel, offset]), undefined, true)
    else outlet.write(event.text, binaryOf(channel, event), true)
  }

  /** Reads from where it stands until there is nothing more, or the outlet is full. Others get their turn between two reads. */
  async function catchUp(): Promise<void> {
    if (reading || over) return
    reading = true
    try {
      while (!over && !isDone()) {
        const events = recent()
        const [start, seenEpoch, seenTop] = [offset, tailer.epoch, tailer.top]
        if (events) await Promise.resolve()
        const result = events
          ? undefined
          : await broker.read(channel, [epoch, offset], { messages: readEvents, bytes: outlet.share })
        if (over) return
        for (const event of events ?? result?.events ?? []) {
          if (outlet.full()) break
          if (event.offset === offset + 1) deliver(event)
        }
        if (result?.gap) jump(result)
        // nothing there, and nothing came meanwhile: what the tailer has heard of is gone; the next event will tell
        else if (offset === start && !outlet.full() && seenEpoch === tailer.epoch && seenTop === tailer.top)
          behind = false
      }
    } catch (error) {
      if (!over) failed(error)
    } finally {
      reading = false
    }
    if (!over) settled()
  }

  function isDone(): boolean {
    if (current()) {
      behind = false
      slow = false
    }
    if (behind && outlet.full()) slow = true
    return !behind || outlet.full()
  }

  /** What the tailer still has of the events that come next, cut to a fair share. */
  function recent(): readonly StoredEvent[] | undefined {
    const oldest = tailer.recent[0]?.offset
    if (epoch !== tailer.epoch || oldest === undefined || oldest > offset + 1 || offset >= tailer.top) return undefined
    let bytes = 0
    const from = offset + 1 - oldest
    let to = from
    while (to < tailer.recent.length && (to === from || bytes <= outlet.share))
      bytes += tailer.recent[to++]?.text.length ?? 0
    return tailer.recent.slice(from, to)
  }

  function jump({ epoch: next, top, gap }: ReadResult): void {
    if (!gap) return
    const reason = slow && gap.reason === 'trimmed' ? 'overload' : gap.reason
    outlet.write(line(['g', channel, [next, top], reason, gap.missed, [epoch, offset]]))
    epoch = next
    offset = top
  }

  return {
    behind: () => behind,
    resume() {
      if (behind) void catchUp()
    },
    end() {
      over = true
      hub.remove(tailer, reader)
    },
  }
}
