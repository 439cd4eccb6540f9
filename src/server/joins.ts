import type { Cursor } from '../protocol/frames'
import type { Match } from './channels'
import { isName } from './check'
import type { ServerContext } from './context'
import type { Tailer } from './hub'
import { line, type Outlet } from './outlet'
import { permission } from './permission'
import type { Refusal } from './send-queue'
import { type Session, type SessionLink, subscribesOf } from './session'
import { refused } from './stats'
import { resume, type Subscription, subscribe, unsubscribe } from './subscription'

/** A subscribe, taken out of its frame. */
export interface Ask {
  readonly channel: unknown
  readonly cursor: Cursor | undefined
  /** How many of the last events to begin with. */
  readonly rewind: number
  /** It has been told `s` or `d`. */
  answered?: boolean
}

/** One channel of the conversation. */
interface Place {
  /** What is wanted now; it tells an answer that comes late from the one that counts. */
  ask: Ask | undefined
  subscription: Subscription | undefined
  /** The last subscribe that is being worked on. */
  working: Promise<void> | undefined
}

/**
 * The subscriptions of one conversation. Each subscribe is answered once, by `s` or `d`, in order per channel.
 * There is one for each connection and each parked poll: a record, and what it does are functions.
 */
export interface Joins {
  readonly context: ServerContext
  readonly session: Session
  readonly outlet: Outlet
  readonly transport: SessionLink['transport']
  /** A poll with a ticket: what the client knows already is not said again. */
  readonly ticketed: boolean
  /** `pending`, or whether it is behind, may have changed. */
  readonly settled: () => void
  readonly places: Map<string, Place>
  wanted: number
  /** Subscribes without an answer yet. */
  pending: number
  /** What a client has to say again on a new connection does not count against its rate: so many more. */
  free: number
  over: boolean
}

const denial = (code: string, message = '', retryMs: number | null = null): Refusal => ({ code, message, retryMs })

const mostOf = ({ context: { limits }, transport }: Pick<Joins, 'context' | 'transport'>) =>
  transport === 'websocket' ? limits.channels : limits.pollingChannels

export function createJoins(
  parts: Pick<Joins, 'context' | 'session' | 'outlet' | 'transport' | 'ticketed' | 'settled'>,
): Joins {
  const { context, session, outlet, transport, ticketed, settled } = parts
  const places = new Map<string, Place>()
  const counts = { wanted: 0, pending: 0, free: mostOf(parts) }
  return { context, session, outlet, transport, ticketed, settled, places, ...counts, over: false }
}

function deny({ context, outlet, over }: Joins, channel: string, { code, message, retryMs }: Refusal): void {
  refused(context.counters, code)
  if (!over) outlet.write(line(['d', channel, code, message, retryMs]))
}

export function join(joins: Joins, ask: Ask): void {
  const { context, session, places } = joins
  const { channel } = ask
  if (!isName(channel)) {
    const known = typeof channel === 'string' ? channel.slice(0, 128) : ''
    return deny(joins, known, denial('invalid', 'a channel: 1–128 of A–Z a–z 0–9 _ - . : @ # /'))
  }
  const wait = joins.free-- > 0 ? 0 : subscribesOf(context, session).take()
  release(joins, channel)
  if (wait > 0) return deny(joins, channel, denial('rate', 'too many subscribes', wait))
  const most = mostOf(joins)
  if (joins.wanted >= most) return deny(joins, channel, denial('too_many_channels', `at most ${most} channels`))
  const place = places.get(channel) ?? { ask, subscription: undefined, working: undefined }
  place.ask = ask
  places.set(channel, place)
  joins.wanted++
  joins.pending++
  const work = (place.working ?? Promise.resolve()).then(() => answer(joins, channel, place, ask))
  place.working = work
  void work.then(() => {
    joins.pending--
    if (place.working === work) {
      place.working = undefined
      tidy(joins, channel, place)
    }
    if (!joins.over) joins.settled()
  })
}

export function leave(joins: Joins, channel: unknown): void {
  if (typeof channel === 'string') release(joins, channel)
}

/** Ends what is wanted of a channel, and says what that was. */
function release(joins: Joins, channel: string): Ask | undefined {
  const place = joins.places.get(channel)
  if (!place?.ask) return undefined
  const { ask } = place
  if (place.subscription) unsubscribe(place.subscription)
  place.subscription = undefined
  place.ask = undefined
  joins.wanted--
  tidy(joins, channel, place)
  return ask
}

function tidy({ places }: Joins, channel: string, place: Place): void {
  if (!place.ask && !place.working && places.get(channel) === place) places.delete(channel)
}

/** Never rejects. */
async function answer(joins: Joins, channel: string, place: Place, ask: Ask): Promise<void> {
  const { context, session, ticketed, transport } = joins
  if (joins.over || ask.answered) return
  try {
    const match = channel.startsWith('@') ? undefined : context.channels.match(channel)
    const options = { resumes: !!ask.cursor, ticketed, keep: transport === 'polling' }
    const refusal = match ? await permission(context, session, channel, match, options) : denial('forbidden')
    if (joins.over || ask.answered) return
    if (refusal || !match) return refuse(joins, channel, place, ask, refusal ?? denial('forbidden'))
    await begin(joins, channel, match, place, ask)
  } catch (error) {
    lost(joins, channel, place, ask, error)
  }
}

/** The answer to this ask; a later one for the same channel has its own. */
function refuse(joins: Joins, channel: string, place: Place, ask: Ask, refusal: Refusal): void {
  if (place.ask === ask) release(joins, channel)
  ask.answered = true
  deny(joins, channel, refusal)
}

function lost(joins: Joins, channel: string, place: Place, ask: Ask, error: unknown): void {
  joins.context.report(error)
  if (joins.over || (ask.answered && place.ask !== ask)) return
  refuse(joins, channel, place, ask, denial('unavailable', 'the log cannot be reached', 1_000))
  joins.settled()
}

async function begin(joins: Joins, channel: string, match: Match, place: Place, ask: Ask): Promise<void> {
  const { session, outlet, ticketed, settled } = joins
  const { hub, broker } = joins.context
  let tailer = await hub.open(channel, match)
  const kept = match.route.history.messages > 0
  const { cursor } = ask
  let from: Cursor = cursor ?? [tailer.epoch, tailer.top]
  if (!cursor && ask.rewind > 0 && kept)
    from = await broker.rewind(channel, Math.min(ask.rewind, match.route.history.messages))
  // nobody has read it yet, so that it may have been let go meanwhile
  while (!joins.over && !hub.follows(tailer)) tailer = await hub.open(channel, match)
  if (joins.over || ask.answered) return
  ask.answered = true
  // without a history there is nothing to read: what this node still remembers has to do
  if (cursor && !kept && !remembers(tailer, cursor)) from = [tailer.epoch, tailer.top]
  if (!ticketed || from !== cursor) outlet.write(line(['s', channel, kept ? (cursor ? 1 : 0) : 3, from]))
  if (place.ask !== ask) return
  const [epoch, offset] = from
  const failed = (error: unknown) => lost(joins, channel, place, ask, error)
  const { id } = session
  place.subscription = subscribe({ hub, broker, tailer, outlet, epoch, offset, id, settled, failed })
}

/** The subscribe of this channel that is being worked on. Never rejects. */
export const working = ({ places }: Joins, channel: unknown): Promise<void> | undefined =>
  places.get(channel as string)?.working

/** True while events wait in the history for one of the channels. */
export function isBehind({ places }: Joins): boolean {
  for (const { subscription } of places.values()) if (subscription?.behind) return true
  return false
}

/** Those that are behind go on. */
export function resumeAll({ places }: Joins): void {
  for (const { subscription } of places.values()) if (subscription) resume(subscription)
}

/** Takes a channel away; false if it was not wanted. */
export function drop(joins: Joins, channel: string, code: string): boolean {
  const ask = release(joins, channel)
  if (!ask) return false
  // if it was still being worked on, this is its answer, and there is no other
  ask.answered = true
  deny(joins, channel, denial(code))
  return true
}

export function endJoins(joins: Joins): void {
  joins.over = true
  for (const { subscription } of joins.places.values()) if (subscription) unsubscribe(subscription)
  joins.places.clear()
}

/** True if the stream can go on from `cursor` by what the tailer has seen. */
function remembers({ epoch, top, recent }: Tailer<Subscription>, [wantedEpoch, offset]: Cursor): boolean {
  return (
    epoch === wantedEpoch &&
    (offset === top || (offset < top && (recent[0]?.offset ?? Number.POSITIVE_INFINITY) <= offset + 1))
  )
}
