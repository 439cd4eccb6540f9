import type { Clock } from '../environment/environment'
import type { Broker, StoredEvent } from './broker'
import type { Match } from './channels'
import { createDues } from './dues'

/** One who reads a channel: a position in it. */
export interface Reader {
  /** The newest event; it is also the last of `tailer.recent`. */
  wake(event: StoredEvent): void
  /** An event that has no place in the stream. */
  pass(text: string, bytes: Uint8Array<ArrayBuffer> | undefined): void
}

/** What this node knows of a channel that someone reads: there is one per channel, however many read. */
export interface Tailer {
  readonly channel: string
  readonly match: Match
  epoch: string
  /** Offset of the newest event. */
  top: number
  /** The newest events, consecutive, up to `top`: they spare readers that are a little behind the way to the broker. */
  readonly recent: StoredEvent[]
  readonly readers: Set<Reader>
}

export interface Hub {
  /** The channel's tailer; a promise if it has to be started. */
  open(channel: string, match: Match): Tailer | Promise<Tailer>
  /** False: the channel has been let go, the tailer hears nothing any more, and has to be opened again. */
  follows(tailer: Tailer): boolean
  add(tailer: Tailer, reader: Reader): void
  remove(tailer: Tailer, reader: Reader): void
  /** A volatile event, to all who read the channel on this node. */
  pass(channel: string, text: string, bytes: Uint8Array<ArrayBuffer> | undefined): void
  /** Channels that are followed. */
  readonly size: number
  close(): void
}

/** A channel nobody reads any more is followed for this long, ms: polls come and go, pages reload. */
const lingerMs = 10_000
/** Of such channels there are at most so many: anyone can ask for any number of names. */
const mostUnread = 10_000
/** Bounds of `recent`, and of all of them together: beyond that, a channel keeps its newest event only. */
const recentEvents = 128
const recentBytes = 131_072
const recentBytesAll = 33_554_432

interface Entry {
  readonly tailer: Tailer
  starting: Promise<Tailer> | undefined
  bytes: number
  stop(): void
}

export function createHub(clock: Clock, broker: Broker): Hub {
  const entries = new Map<string, Entry>()
  const unread = createDues<Entry>(clock, lingerMs, end)
  let bytes = 0

  function open(channel: string, match: Match): Tailer | Promise<Tailer> {
    const found = entries.get(channel)
    if (found) return found.starting ?? found.tailer
    const tailer: Tailer = { channel, match, epoch: '', top: 0, recent: [], readers: new Set() }
    const entry: Entry = { tailer, starting: undefined, bytes: 0, stop: () => {} }
    entries.set(channel, entry)
    entry.starting = start(entry)
    return entry.starting
  }

  /** Wake-ups first, the position after that: what is published in between is in one of the two. */
  async function start(entry: Entry): Promise<Tailer> {
    const { tailer } = entry
    try {
      const stop = await broker.listen(tailer.channel, (epoch, event) => onEvent(entry, epoch, event))
      entry.stop = stop
      const [epoch, top] = await broker.position(tailer.channel)
      if (!tailer.epoch) tailer.epoch = epoch
      if (tailer.epoch === epoch && tailer.top < top) {
        tailer.top = top
        forget(entry)
      }
    } catch (error) {
      end(entry)
      throw error
    }
    entry.starting = undefined
    if (entries.get(tailer.channel) !== entry) end(entry)
    else if (tailer.readers.size === 0) wait(entry)
    return tailer
  }

  function onEvent(entry: Entry, epoch: string, event: StoredEvent): void {
    const { tailer } = entry
    if (epoch === tailer.epoch && event.offset <= tailer.top) return
    if (epoch !== tailer.epoch || event.offset !== tailer.top + 1) forget(entry)
    tailer.epoch = epoch
    tailer.top = event.offset
    tailer.recent.push(event)
    count(entry, event.text.length)
    while (tailer.recent.length > recentEvents || (isTooMuch(entry) && tailer.recent.length > 1)) {
      count(entry, -(tailer.recent.shift()?.text.length ?? 0))
    }
    for (const reader of tailer.readers) reader.wake(event)
  }

  function count(entry: Entry, size: number): void {
    entry.bytes += size
    bytes += size
  }

  const isTooMuch = (entry: Entry) => entry.bytes > recentBytes || bytes > recentBytesAll

  function forget(entry: Entry): void {
    entry.tailer.recent.length = 0
    count(entry, -entry.bytes)
  }

  function wait(entry: Entry): void {
    unread.add(entry)
    if (unread.size > mostUnread) end(unread.oldest() as Entry)
  }

  function end(entry: Entry): void {
    unread.delete(entry)
    forget(entry)
    if (entries.get(entry.tailer.channel) === entry) entries.delete(entry.tailer.channel)
    entry.stop()
  }

  return {
    open,
    follows: (tailer) => entries.get(tailer.channel)?.tailer === tailer,
    add(tailer, reader) {
      const entry = entries.get(tailer.channel)
      if (entry) unread.delete(entry)
      tailer.readers.add(reader)
    },
    remove(tailer, reader) {
      const entry = entries.get(tailer.channel)
      if (tailer.readers.delete(reader) && tailer.readers.size === 0 && entry?.tailer === tailer) wait(entry)
    },
    pass(channel, text, bytes) {
      for (const reader of entries.get(channel)?.tailer.readers ?? []) reader.pass(text, bytes)
    },
    get size() {
      return entries.size
    },
    close() {
      for (const entry of [...entries.values()]) end(entry)
    },
  }
}
