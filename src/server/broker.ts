import type { Cursor, Data, EventMeta, GapReason } from '../protocol/frames'

/** How much of a channel's past is kept. What passes any bound is trimmed, oldest first. */
export interface HistoryBounds {
  /** Most events. Default 5,000; 0 = the channel keeps no history. */
  messages: number
  /** Oldest event, seconds. Default 120. */
  seconds: number
  /** Most bytes of serialised events. Default 2,000,000. */
  bytes: number
}

/** An event in a channel's log. Serialised once, written to every subscriber. */
export interface StoredEvent {
  readonly offset: number
  readonly event: string
  readonly data: Data
  readonly meta: EventMeta | undefined
  /** The `m` frame as text (bytes as base64): what long-polling and JSON subscribers get. */
  readonly text: string
}

/** Who sent it, for once-ness. Absent when the server itself publishes without an idempotency key. */
export interface Sender {
  /** Public id of the session. */
  id: string
  /** The sender's number; records are kept by (channel, id, n). */
  n: number
  /** ms since the sender first tried; undefined on a first try. */
  age: number | undefined
}

/** What is to be appended to a channel's log. */
export interface PublishInput {
  channel: string
  event: string
  data: Data
  meta: EventMeta | undefined
  sender: Sender | undefined
  history: HistoryBounds
}

/** What became of it. */
export type PublishResult =
  /** In the log, exactly once. `duplicate`: it already was, at this offset. */
  | { kind: 'accepted'; epoch: string; offset: number; duplicate: boolean }
  /** No record, and not above the highest number accepted of this sender here: only a given-up message can be in that place. */
  | { kind: 'stale' }
  /** No record, and first tried before these records begin: nobody can know. Nothing was appended. */
  | { kind: 'unknown' }

/** Bounds of one read; at least one event is returned if there is one. */
export interface ReadLimits {
  messages: number
  bytes: number
}

/** A stretch of a channel's log after a cursor. */
export interface ReadResult {
  epoch: string
  /** Offset of the newest event. */
  top: number
  /** Set if the log cannot continue from the cursor; then `events` is empty and reading goes on from [epoch, top]. */
  gap: { reason: GapReason; missed: number | null } | undefined
  /** Consecutive events right after the cursor, oldest first, cut by the limits. */
  events: readonly StoredEvent[]
}

/**
 * Where the channels' logs live. The laws are one suite for every broker (`test/laws/broker.ts`):
 * 1. Offsets are dense within an epoch, in the order of acceptance; a channel's first event has offset 1.
 * 2. `publish` is ONE step: record check, age check, high-water check, append, record write. Nothing comes between.
 * 3. A publish with a record gets the recorded outcome for as long as the dedupe window lasts, even if its event was trimmed.
 * 4. Reading and subscribing create nothing; only an accepted publish does. A never-published channel reads as [process epoch, 0]
 *    and keeps that epoch at its first publish. (epoch, top) outlives the history.
 * 5. `listen` reports every later event at least as a wake-up, in order per channel; what is missed is found by `read`.
 */
export interface Broker {
  /** A broker that knows at once says so at once: a promise for each event adds up. */
  publish(input: PublishInput): PublishResult | Promise<PublishResult>
  /**
   * What is known of a send before the app's hook is asked about it: its recorded offset; `unknown` if it has no record and its `age`,
   * ms since the sender first tried, reaches back to before these records begin; else undefined.
   */
  recorded(channel: string, id: string, n: number, age?: number): Promise<number | 'unknown' | undefined>
  position(channel: string): Promise<Cursor>
  /** The last `messages` events, for a join with rewind; the position is that before the first of them. */
  rewind(channel: string, messages: number): Promise<Cursor>
  read(channel: string, after: Cursor, limits: ReadLimits): Promise<ReadResult>
  /** Calls `wake` with each new event of the channel until the function returned is called. */
  listen(channel: string, wake: (epoch: string, event: StoredEvent) => void): Promise<() => void>
  stats(): BrokerStats
  close(): Promise<void>
}

/** What a broker holds now. */
export interface BrokerStats {
  /** Channels with a log in memory. */
  channels: number
  /** Events held. */
  events: number
  /** Bytes of serialised events held. */
  bytes: number
  /** Dedupe records held. */
  records: number
}
