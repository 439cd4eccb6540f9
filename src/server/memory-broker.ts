import type { Clock } from '../environment/environment'
import { encodeText } from '../protocol/codec'
import type { Cursor } from '../protocol/frames'
import type { Broker, PublishInput, PublishResult, ReadLimits, ReadResult, StoredEvent } from './broker'
import { createRecency, type Place, placeOf } from './recency'
import { createRecords } from './records'
import { createWakes } from './wakes'

export interface MemoryBrokerOptions {
  clock: Clock
  /** A fresh name for an epoch, different each time. */
  epoch(): string
  /** How long a send is remembered, ms. Default 120,000. */
  dedupeMs?: number | undefined
  /** Most bytes of events in the process; beyond it the least recently used channel loses its history first. Default 64,000,000. */
  historyBytes?: number | undefined
  /** Most channels whose place in the stream is remembered. Default 100,000. */
  channels?: number | undefined
  /** Most sends remembered. Default 500,000. */
  records?: number | undefined
}

interface Log {
  readonly channel: string
  epoch: string
  /** Retained events from `head` on, at consecutive offsets up to `top`. */
  events: (StoredEvent & { at: number; size: number })[]
  head: number
  top: number
  bytes: number
  history: PublishInput['history']
  usedAt: number
  /** Its places among those in use, and among those with events. */
  use: Place<Log> | undefined
  fill: Place<Log> | undefined
}

/** A quiet channel keeps its place this long after its history has gone, ms. */
const placeMs = 24 * 3_600_000

/**
 * Logs in the memory of this process: they end with it, and the next process begins new epochs.
 *
 * @example
 * const broker = createMemoryBroker({ clock, epoch: () => randomBytes(6).toString('base64url') })
 */
export function createMemoryBroker(options: MemoryBrokerOptions): Broker {
  const { clock, dedupeMs = 120_000, historyBytes = 64_000_000, channels: mostChannels = 100_000 } = options
  const logs = new Map<string, Log>()
  const used = createRecency<Log>()
  /** Those with events, in the same order: room is found without a walk over empty ones. */
  const filled = createRecency<Log>()
  const wakes = createWakes()
  const records = createRecords(clock, dedupeMs, options.records ?? 500_000)
  /** What a never-published channel reads as. It changes when a channel is forgotten, so that no offset is ever given out twice. */
  let unused = options.epoch()
  let bytes = 0
  let sweep: Place<Log> | undefined

  /** Old events of quiet channels go a few at a time, with each use of any channel: no timer. Two, to get ahead of one use. */
  function tidy(now: number): void {
    for (let i = 0; i < 2; i++) {
      // one that has left or moved since is as good a place to go on from as any: who is quiet is found from the start
      const next = sweep?.isIn ? sweep : filled.oldest()
      sweep = next?.newer
      if (next) trim(next.item, now)
    }
  }

  function touch(log: Log, now: number): void {
    log.usedAt = now
    log.use ??= placeOf(log)
    used.use(log.use)
    if (log.events.length > log.head) {
      log.fill ??= placeOf(log)
      filled.use(log.fill)
    }
    tidy(now)
  }

  function drop(log: Log, count: number): void {
    for (let i = 0; i < count; i++) {
      const event = log.events[log.head]
      if (!event) return
      log.bytes -= event.size
      bytes -= event.size
      delete log.events[log.head++]
    }
    if (log.head === log.events.length) {
      log.events = []
      log.head = 0
      if (log.fill) filled.leave(log.fill)
    }
    // copied when half of the array is empty: constant cost per event
    if (log.head > 64 && log.head * 2 > log.events.length) {
      log.events = log.events.slice(log.head)
      log.head = 0
    }
  }

  function trim(log: Log, now: number): void {
    const { messages, seconds, bytes: most } = log.history
    const oldest = now - seconds * 1000
    for (;;) {
      const event = log.events[log.head]
      if (!event) return
      if (log.events.length - log.head <= messages && log.bytes <= most && event.at >= oldest) return
      drop(log, 1)
    }
  }

  /** Keeps the process within its bounds, at the cost of whoever was quiet for longest. */
  function makeRoom(now: number): void {
    for (let place = used.oldest(); place; place = used.oldest()) {
      const log = place.item
      if (logs.size <= mostChannels && now - log.usedAt <= placeMs) break
      drop(log, log.events.length - log.head)
      used.leave(place)
      logs.delete(log.channel)
      unused = options.epoch()
    }
    while (bytes > historyBytes) {
      const log = filled.oldest()?.item
      if (!log) break
      drop(log, log.events.length - log.head)
    }
  }

  function append({ channel, event, data, meta, history }: PublishInput, now: number): [string, StoredEvent] {
    const log = logs.get(channel) ?? blank(channel, history)
    logs.set(channel, log)
    log.history = history
    const offset = ++log.top
    const text = encodeText(meta ? ['m', channel, offset, event, data, meta] : ['m', channel, offset, event, data])
    const stored = { offset, event, data, meta, text, at: Math.floor(now), size: text.length }
    log.events.push(stored)
    log.bytes += stored.size
    bytes += stored.size
    touch(log, now)
    trim(log, now)
    makeRoom(now)
    return [log.epoch, stored]
  }

  const blank = (channel: string, history: Log['history']): Log => ({
    channel,
    epoch: unused,
    events: [],
    head: 0,
    top: 0,
    bytes: 0,
    history,
    usedAt: 0,
    use: undefined,
    fill: undefined,
  })

  /** First tried before these records begin? */
  function isTooOld(age: number | undefined, now: number): boolean {
    return age !== undefined && now - age < records.begin
  }

  /** The clock is read once: what happens here happens at one moment. */
  function publish(input: PublishInput): PublishResult {
    const { sender, channel } = input
    const now = clock.now()
    if (sender) {
      const { id, n, age } = sender
      records.expire(now)
      const known = records.of(channel, id)
      const offset = known?.offsets.get(n)
      if (offset !== undefined) {
        return { kind: 'accepted', epoch: logs.get(channel)?.epoch ?? unused, offset, duplicate: true }
      }
      if (isTooOld(age, now)) return { kind: 'unknown' }
      if (known && n <= known.high) return { kind: 'stale' }
    }
    const [epoch, stored] = append(input, now)
    if (sender) records.add(channel, sender.id, sender.n, stored.offset, now)
    // last, so that no listener can come between the event and its record
    wakes.emit(channel, epoch, stored)
    return { kind: 'accepted', epoch, offset: stored.offset, duplicate: false }
  }

  function read(channel: string, [epoch, offset]: Cursor, limits: ReadLimits): ReadResult {
    const log = logs.get(channel)
    const now = clock.now()
    if (log) trim(log, now)
    const top = log?.top ?? 0
    const present = log?.epoch ?? unused
    const at = (gap: ReadResult['gap']): ReadResult => ({ epoch: present, top, gap, events: [] })
    if (epoch !== present) return at({ reason: 'epoch', missed: null })
    if (offset > top) return at({ reason: 'ahead', missed: null })
    if (!log || offset === top) return at(undefined)
    touch(log, now)
    const first = log.top - (log.events.length - log.head) + 1
    if (offset + 1 < first) return at({ reason: 'trimmed', missed: top - offset })
    const events: StoredEvent[] = []
    let size = 0
    for (let i = log.head + offset + 1 - first; i < log.events.length && events.length < limits.messages; i++) {
      const event = log.events[i]
      if (!event || (size + event.size > limits.bytes && events.length > 0)) break
      size += event.size
      events.push(event)
    }
    return { epoch: present, top, gap: undefined, events }
  }

  return {
    publish,
    async recorded(channel, id, n, age) {
      const now = clock.now()
      records.expire(now)
      const offset = records.of(channel, id)?.offsets.get(n)
      return offset === undefined && isTooOld(age, now) ? 'unknown' : offset
    },
    async position(channel) {
      const log = logs.get(channel)
      return [log?.epoch ?? unused, log?.top ?? 0]
    },
    async rewind(channel, messages) {
      const log = logs.get(channel)
      if (!log) return [unused, 0]
      trim(log, clock.now())
      return [log.epoch, log.top - Math.min(messages, log.events.length - log.head)]
    },
    read: async (channel, after, limits) => read(channel, after, limits),
    listen: async (channel, wake) => wakes.on(channel, wake),
    stats: () => {
      let events = 0
      for (let place = filled.oldest(); place; place = place.newer) events += place.item.events.length - place.item.head
      return { channels: logs.size, events, bytes, records: records.size }
    },
    async close() {
      logs.clear()
      used.clear()
      filled.clear()
      sweep = undefined
      wakes.clear()
      records.clear()
      bytes = 0
    },
  }
}
