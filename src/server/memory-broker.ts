import type { Clock } from '../environment/environment'
import { encodeText } from '../protocol/codec'
import type { Cursor } from '../protocol/frames'
import type { Broker, PublishInput, PublishResult, ReadLimits, ReadResult, StoredEvent } from './broker'
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
  epoch: string
  /** Retained events from `head` on, at consecutive offsets up to `top`. */
  events: (StoredEvent & { at: number; size: number })[]
  head: number
  top: number
  bytes: number
  history: PublishInput['history']
  usedAt: number
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
  /** In order of use, least recent first. */
  const logs = new Map<string, Log>()
  /** Those of them with events, in the same order: room is found without a walk over empty ones. */
  const filled = new Set<Log>()
  const wakes = createWakes()
  const records = createRecords(clock, dedupeMs, options.records ?? 500_000)
  /** What a never-published channel reads as. It changes when a channel is forgotten, so that no offset is ever given out twice. */
  let unused = options.epoch()
  let bytes = 0
  let sweep = filled.values()

  /** Old events of quiet channels go a few at a time, with each use of any channel: no timer. Two, to get ahead of one use. */
  function tidy(): void {
    for (let i = 0; i < 2; i++) {
      const next = sweep.next()
      if (next.done) sweep = filled.values()
      else trim(next.value)
    }
  }

  function touch(channel: string, log: Log): void {
    log.usedAt = clock.now()
    logs.delete(channel)
    logs.set(channel, log)
    filled.delete(log)
    if (log.events.length > log.head) filled.add(log)
    tidy()
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
      filled.delete(log)
    }
    // copied when half of the array is empty: constant cost per event
    if (log.head > 64 && log.head * 2 > log.events.length) {
      log.events = log.events.slice(log.head)
      log.head = 0
    }
  }

  function trim(log: Log): void {
    const { messages, seconds, bytes: most } = log.history
    const oldest = clock.now() - seconds * 1000
    for (;;) {
      const event = log.events[log.head]
      if (!event) return
      if (log.events.length - log.head <= messages && log.bytes <= most && event.at >= oldest) return
      drop(log, 1)
    }
  }

  /** Keeps the process within its bounds, at the cost of whoever was quiet for longest. */
  function makeRoom(): void {
    for (const [channel, log] of logs) {
      if (logs.size <= mostChannels && clock.now() - log.usedAt <= placeMs) break
      drop(log, log.events.length - log.head)
      logs.delete(channel)
      unused = options.epoch()
    }
    for (const log of filled) {
      if (bytes <= historyBytes) break
      drop(log, log.events.length - log.head)
    }
  }

  function append({ channel, event, data, meta, history }: PublishInput): [string, StoredEvent] {
    let log = logs.get(channel)
    if (!log) log = { epoch: unused, events: [], head: 0, top: 0, bytes: 0, history, usedAt: 0 }
    log.history = history
    const offset = ++log.top
    const text = encodeText(meta ? ['m', channel, offset, event, data, meta] : ['m', channel, offset, event, data])
    const stored = { offset, event, data, meta, text, at: clock.now(), size: text.length }
    log.events.push(stored)
    log.bytes += stored.size
    bytes += stored.size
    touch(channel, log)
    trim(log)
    makeRoom()
    return [log.epoch, stored]
  }

  /** First tried before these records begin? */
  function isTooOld(age: number | undefined): boolean {
    return age !== undefined && clock.now() - age < records.begin
  }

  function publish(input: PublishInput): PublishResult {
    const { sender, channel } = input
    const epoch = logs.get(channel)?.epoch ?? unused
    if (sender) {
      const offset = records.get(channel, sender.id, sender.n)
      if (offset !== undefined) return { kind: 'accepted', epoch, offset, duplicate: true }
      if (isTooOld(sender.age)) return { kind: 'unknown' }
      if (sender.n <= records.high(channel, sender.id)) return { kind: 'stale' }
    }
    const [now, stored] = append(input)
    if (sender) records.add(channel, sender.id, sender.n, stored.offset)
    // last, so that no listener can come between the event and its record
    wakes.emit(channel, now, stored)
    return { kind: 'accepted', epoch: now, offset: stored.offset, duplicate: false }
  }

  function read(channel: string, [epoch, offset]: Cursor, limits: ReadLimits): ReadResult {
    const log = logs.get(channel)
    if (log) trim(log)
    const top = log?.top ?? 0
    const now = log?.epoch ?? unused
    const at = (gap: ReadResult['gap']): ReadResult => ({ epoch: now, top, gap, events: [] })
    if (epoch !== now) return at({ reason: 'epoch', missed: null })
    if (offset > top) return at({ reason: 'ahead', missed: null })
    if (!log || offset === top) return at(undefined)
    touch(channel, log)
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
    return { epoch: now, top, gap: undefined, events }
  }

  return {
    publish: async (input) => publish(input),
    async recorded(channel, id, n, age) {
      const offset = records.get(channel, id, n)
      return offset === undefined && isTooOld(age) ? 'unknown' : offset
    },
    async position(channel) {
      const log = logs.get(channel)
      return [log?.epoch ?? unused, log?.top ?? 0]
    },
    async rewind(channel, messages) {
      const log = logs.get(channel)
      if (!log) return [unused, 0]
      trim(log)
      return [log.epoch, log.top - Math.min(messages, log.events.length - log.head)]
    },
    read: async (channel, after, limits) => read(channel, after, limits),
    listen: async (channel, wake) => wakes.on(channel, wake),
    stats: () => {
      let events = 0
      for (const log of filled) events += log.events.length - log.head
      return { channels: logs.size, events, bytes, records: records.size }
    },
    async close() {
      logs.clear()
      filled.clear()
      wakes.clear()
      records.clear()
      bytes = 0
    },
  }
}
