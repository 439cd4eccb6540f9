import type { Cursor, Data, EventMeta, GapReason } from '../protocol/frames'
import type { EverwireError } from '../shared/errors'

export interface Reader {
  event(name: string, data: Data, offset: number, meta: EventMeta | undefined): void
  gap(gap: { reason: GapReason; missed: number | null }): void
  /** It is asked for again, after a refusal. */
  joining(): void
  joined(): void
  dropped(error: EverwireError): void
}

/** One join of a channel. Lives until it is left; links come and go, the cursor stays. */
export interface Subscription {
  readonly channel: string
  /** How many earlier events to get on joining. */
  readonly rewind: number
  readonly reader: Reader
  /** What has been delivered; undefined until joined. */
  cursor?: Cursor
  /** Set while the server does not want it and no connection mentions it: calls off the next try. */
  denied?: (() => void) | undefined
  /** Subscribes repeated in a row without progress. */
  repeats: number
}

/**
 * The rules of cursors. Several exchanges may be answered late or twice, in any order; whatever comes, a handler sees each offset
 * once and in order, and hears of each gap once. Each rule returns false if this link and the cursor do not fit: subscribe once
 * more, with the cursor.
 */

/** The server's answer to a subscribe that carried `sent`. */
export function onSubscribed(
  sub: Subscription,
  sent: Cursor | null | undefined,
  resumed: boolean,
  position: Cursor,
): boolean {
  const { cursor } = sub
  sub.cursor ??= position
  if (!cursor || isPast(position, cursor)) return true
  // the channel keeps no history and went on without us: a gap in all but name
  return !resumed && onGap(sub, sent, position, 'trimmed', position[0] === cursor[0] ? position[1] - cursor[1] : null)
}

/** A gap the server reports in answer to the cursor `sent`. */
export function onGap(
  sub: Subscription,
  sent: Cursor | null | undefined,
  to: Cursor,
  reason: GapReason,
  missed: number | null,
): boolean {
  const { cursor } = sub
  if (!cursor || `${sent}` !== `${cursor}`) return !!cursor && isPast(to, cursor)
  sub.cursor = to
  sub.reader.gap({ reason, missed })
  return true
}

/** True if the cursor has been there already. */
const isPast = ([epoch, offset]: Cursor, cursor: Cursor) => epoch === cursor[0] && offset <= cursor[1]

/** An event's offset, or how far the stream moved on without one. True: it is the next one, and the cursor has moved. */
export function advance(sub: Subscription, offset: number): boolean | 'again' {
  const { cursor } = sub
  if (!cursor) return false
  if (offset > cursor[1] + 1) return 'again'
  if (offset <= cursor[1]) return false
  sub.cursor = [cursor[0], offset] // before any handler runs
  return true
}
