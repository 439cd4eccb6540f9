import type { Clock } from '../environment/environment'
import type { Broker, StoredEvent } from './broker'
import type { Match } from './channels'
import { createDues } from './dues'

/** What this node knows of a channel that someone reads: there is one per channel, however many read. */
export interface Tailer<Reader> {
  readonly channel: string
  readonly match: Match
  epoch: string
  /** Offset of the newest event. */
  top: number
  /** The newest events, consecutive, up to `top`: they spare readers that are a little behind the way to the broker. */
  readonly recent: StoredEvent[]
  readonly readers: Set<Reader>
}

export interface Hub<Reader> {
  /** The channel's tailer; a promise if it has to be started. */
  open(channel: string, match: Match): Tailer<Reader> | Promise<Tailer<Reader>>
  /** False: the channel has been let go, the tailer hears nothing any more, and has to be opened again. */
  follows(tailer: Tailer<Reader>): boolean
  add(tailer: Tailer<Reader>, reader: Reader): void
  remove(tailer: Tailer<Reader>, reader: Reader): void
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

interface Entry<Reader> {
  readonly tailer: Tailer<Reader>
  starting: Promise<Tailer<Reader>> | undefined
  bytes: number
  stop(): void
}

/**
 * @param wake hands a reader the newest event; it is also the last of `tailer.recent`
 * @param pass hands it an event that has no place in the stream
 */
export function createHub<Reader>(
  clock: Clock,
  broker: Broker,
  wake: (reader: Reader, event: StoredEvent) => void,
  pass: (reader: Reader, text: string, bytes: Uint8Array<ArrayBuffer> | undefined) => void,
): Hub<Reader> {
  const entries = new Map<string, Entry<Reader>>()
  const unread = createDues<Entry<Reader>>(clock, lingerMs, end)
  let bytes = 0

  function open(channel: string, match: Match): Tailer<Reader> | Promise<Tailer<Reader>> {
    const found = entries.get(channel)
    if (found) return found.starting ?? found.tailer
    const tailer: Tailer<Reader> = { channel, match, epoch: '', top: 0, recent: [], readers: new Set() }
    const entry: Entry<Reader> = { tailer, starting: undefined, bytes: 0, stop: () => {} }
    entries.set(channel, entry)
    entry.starting = start(entry)
    return entry.starting
  }

  /** Wake-ups first, the position after that: what is published in between is in one of the two. */
  async function start(entry: Entry<Reader>): Promise<Tailer<Reader>> {
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

  function onEvent(entry: Entry<Reader>, epoch: string, event: StoredEvent): void {
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
    for (const reader of tailer.readers) wake(reader, event)
  }

  function count(entry: Entry<Reader>, size: number): void {
    entry.bytes += size
    bytes += size
  }

  const isTooMuch = (entry: Entry<Reader>) => entry.bytes > recentBytes || bytes > recentBytesAll

  function forget(entry: Entry<Reader>): void {
    entry.tailer.recent.length = 0
    count(entry, -entry.bytes)
  }

  function wait(entry: Entry<Reader>): void {
    unread.add(entry)
    if (unread.size > mostUnread) end(unread.oldest() as Entry<Reader>)
  }

  function end(entry: Entry<Reader>): void {
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
      for (const reader of entries.get(channel)?.tailer.readers ?? []) pass(reader, text, bytes)
    },
    get size() {
      return entries.size
    },
    close() {
      for (const entry of [...entries.values()]) end(entry)
    },
  }
}
