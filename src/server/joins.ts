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

/** The subscriptions of one conversation. Each subscribe is answered once, by `s` or `d`, in order per channel. */
export interface Joins {
  join(ask: Ask): void
  leave(channel: unknown): void
  /** The subscribe of this channel that is being worked on. Never rejects. */
  working(channel: unknown): Promise<void> | undefined
  /** Subscribes without an answer yet. */
  pending(): number
  /** True while events wait in the history for one of the channels. */
  behind(): boolean
  resume(): void
  drop(channel: string, code: string): boolean
  end(): void
}

const denial = (code: string, message = '', retryMs: number | null = null): Refusal => ({ code, message, retryMs })

/**
 * @param ticketed a poll with a ticket: what the client knows already is not said again
 * @param settled called when `pending` or `behind` may have changed
 */
export function createJoins(
  context: ServerContext,
  session: Session,
  outlet: Outlet,
  transport: SessionLink['transport'],
  ticketed: boolean,
  settled: () => void,
): Joins {
  const { limits, hub, broker, channels, counters } = context
  const most = transport === 'websocket' ? limits.channels : limits.pollingChannels
  const places = new Map<string, Place>()
  let wanted = 0
  let pending = 0
  /** What a client has to say again on a new connection does not count against its rate. */
  let free = most
  let over = false

  function deny(channel: string, { code, message, retryMs }: Refusal): void {
    refused(counters, code)
    if (!over) outlet.write(line(['d', channel, code, message, retryMs]))
  }

  function join(ask: Ask): void {
    const { channel } = ask
    if (!isName(channel)) {
      const known = typeof channel === 'string' ? channel.slice(0, 128) : ''
      return deny(known, denial('invalid', 'a channel: 1–128 of A–Z a–z 0–9 _ - . : @ # /'))
    }
    const wait = free-- > 0 ? 0 : subscribesOf(context, session).take()
    release(channel)
    if (wait > 0) return deny(channel, denial('rate', 'too many subscribes', wait))
    if (wanted >= most) return deny(channel, denial('too_many_channels', `at most ${most} channels`))
    const place = places.get(channel) ?? { ask, subscription: undefined, working: undefined }
    place.ask = ask
    places.set(channel, place)
    wanted++
    pending++
    const work = (place.working ?? Promise.resolve()).then(() => answer(channel, place, ask))
    place.working = work
    void work.then(() => {
      pending--
      if (place.working === work) {
        place.working = undefined
        tidy(channel, place)
      }
      if (!over) settled()
    })
  }

  /** Ends what is wanted of a channel, and says what that was. */
  function release(channel: string): Ask | undefined {
    const place = places.get(channel)
    if (!place?.ask) return undefined
    const { ask } = place
    if (place.subscription) unsubscribe(place.subscription)
    place.subscription = undefined
    place.ask = undefined
    wanted--
    tidy(channel, place)
    return ask
  }

  function tidy(channel: string, place: Place): void {
    if (!place.ask && !place.working && places.get(channel) === place) places.delete(channel)
  }

  /** Never rejects. */
  async function answer(channel: string, place: Place, ask: Ask): Promise<void> {
    if (over || ask.answered) return
    try {
      const match = channel.startsWith('@') ? undefined : channels.match(channel)
      const options = { resumes: !!ask.cursor, ticketed, keep: transport === 'polling' }
      const refusal = match ? await permission(context, session, channel, match, options) : denial('forbidden')
      if (over || ask.answered) return
      if (refusal || !match) return refuse(channel, place, ask, refusal ?? denial('forbidden'))
      await begin(channel, match, place, ask)
    } catch (error) {
      lost(channel, place, ask, error)
    }
  }

  /** The answer to this ask; a later one for the same channel has its own. */
  function refuse(channel: string, place: Place, ask: Ask, refusal: Refusal): void {
    if (place.ask === ask) release(channel)
    ask.answered = true
    deny(channel, refusal)
  }

  function lost(channel: string, place: Place, ask: Ask, error: unknown): void {
    context.report(error)
    if (over || (ask.answered && place.ask !== ask)) return
    refuse(channel, place, ask, denial('unavailable', 'the log cannot be reached', 1_000))
    settled()
  }

  async function begin(channel: string, match: Match, place: Place, ask: Ask): Promise<void> {
    let tailer = await hub.open(channel, match)
    const kept = match.route.history.messages > 0
    const { cursor = undefined } = ask
    let from: Cursor = cursor ?? [tailer.epoch, tailer.top]
    if (!cursor && ask.rewind > 0 && kept)
      from = await broker.rewind(channel, Math.min(ask.rewind, match.route.history.messages))
    // nobody has read it yet, so that it may have been let go meanwhile
    while (!over && !hub.follows(tailer)) tailer = await hub.open(channel, match)
    if (over || ask.answered) return
    ask.answered = true
    // without a history there is nothing to read: what this node still remembers has to do
    if (cursor && !kept && !remembers(tailer, cursor)) from = [tailer.epoch, tailer.top]
    if (!ticketed || from !== cursor) outlet.write(line(['s', channel, kept ? (cursor ? 1 : 0) : 3, from]))
    if (place.ask !== ask) return
    const [epoch, offset] = from
    place.subscription = subscribe({
      hub,
      broker,
      tailer,
      outlet,
      epoch,
      offset,
      id: session.id,
      settled,
      failed: (error) => lost(channel, place, ask, error),
    })
  }

  return {
    join,
    leave(channel) {
      if (typeof channel === 'string') release(channel)
    },
    working: (channel) => places.get(channel as string)?.working,
    pending: () => pending,
    behind() {
      for (const { subscription } of places.values()) if (subscription?.behind) return true
      return false
    },
    resume() {
      for (const { subscription } of places.values()) if (subscription) resume(subscription)
    },
    drop(channel, code) {
      const ask = release(channel)
      if (!ask) return false
      // if it was still being worked on, this is its answer, and there is no other
      ask.answered = true
      deny(channel, denial(code))
      return true
    },
    end() {
      over = true
      for (const { subscription } of places.values()) if (subscription) unsubscribe(subscription)
      places.clear()
    },
  }
}

/** True if the stream can go on from `cursor` by what the tailer has seen. */
function remembers({ epoch, top, recent }: Tailer<Subscription>, [wantedEpoch, offset]: Cursor): boolean {
  return (
    epoch === wantedEpoch &&
    (offset === top || (offset < top && (recent[0]?.offset ?? Number.POSITIVE_INFINITY) <= offset + 1))
  )
}
