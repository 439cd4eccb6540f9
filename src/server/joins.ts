import type { Cursor } from '../protocol/frames'
import { isName } from './check'
import type { ServerContext } from './context'
import type { Tailer } from './hub'
import { line, type Outlet } from './outlet'
import { permission } from './permission'
import type { Refusal } from './send-queue'
import type { Session, SessionLink } from './session'
import { refused } from './stats'
import { createSubscription, type Subscription } from './subscription'

/** A subscribe, taken out of its frame. */
export interface Ask {
  readonly channel: unknown
  readonly cursor: Cursor | undefined
  /** How many of the last events to begin with. */
  readonly rewind: number
}

/** The subscriptions of one conversation. Each subscribe is answered once, by `s` or `d`, in order per channel. */
export interface Joins {
  join(ask: Ask): void
  leave(channel: unknown): void
  /** The subscribe of this channel that is being worked on. Never rejects. */
  working(channel: unknown): Promise<void> | undefined
  /** Subscribes without an answer yet. */
  readonly pending: number
  /** True while events wait in the history for one of the channels. */
  readonly behind: boolean
  /** How many channels. */
  readonly size: number
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
  /** What is wanted now; the ask tells an answer that comes late from the one that counts. */
  const wanted = new Map<string, Ask>()
  const active = new Map<string, Subscription>()
  /** The last subscribe of a channel that is being worked on. */
  const working = new Map<string, Promise<void>>()
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
    const wait = free-- > 0 ? 0 : session.subscribes.take()
    release(channel)
    if (wait > 0) return deny(channel, denial('rate', 'too many subscribes', wait))
    if (wanted.size >= most) return deny(channel, denial('too_many_channels', `at most ${most} channels`))
    wanted.set(channel, ask)
    pending++
    const before = working.get(channel)
    const work = (before ?? Promise.resolve()).then(() => answer(channel, ask))
    working.set(channel, work)
    void work.then(() => {
      pending--
      if (working.get(channel) === work) working.delete(channel)
      if (!over) settled()
    })
  }

  function release(channel: string): void {
    wanted.delete(channel)
    active.get(channel)?.end()
    active.delete(channel)
  }

  /** Never rejects. */
  async function answer(channel: string, ask: Ask): Promise<void> {
    if (over) return
    const match = channel.startsWith('@') ? undefined : channels.match(channel)
    const refusal = match
      ? await permission(context, session, channel, match, {
          resumes: !!ask.cursor,
          ticketed,
          keep: transport === 'polling',
        })
      : denial('forbidden')
    if (over) return
    try {
      if (refusal || !match) {
        if (wanted.get(channel) === ask) release(channel)
        return deny(channel, refusal ?? denial('forbidden'))
      }
      const opened = hub.open(channel, match)
      await begin(opened instanceof Promise ? await opened : opened, ask)
    } catch (error) {
      lost(channel, error)
    }
  }

  function lost(channel: string, error: unknown): void {
    context.report(error)
    release(channel)
    deny(channel, denial('unavailable', 'the log cannot be reached', 1_000))
    if (!over) settled()
  }

  async function begin(tailer: Tailer, ask: Ask): Promise<void> {
    const { channel, match } = tailer
    const kept = match.route.history.messages > 0
    const { cursor = undefined } = ask
    let from: Cursor = cursor ?? [tailer.epoch, tailer.top]
    if (!cursor && ask.rewind > 0 && kept)
      from = await broker.rewind(channel, Math.min(ask.rewind, match.route.history.messages))
    if (over) return
    // without a history there is nothing to read: what this node still remembers has to do
    if (cursor && !kept && !remembers(tailer, cursor)) from = [tailer.epoch, tailer.top]
    if (!ticketed || from !== cursor) outlet.write(line(['s', channel, kept ? (cursor ? 1 : 0) : 3, from]))
    if (wanted.get(channel) !== ask) return
    const subscription = createSubscription({
      hub,
      broker,
      tailer,
      outlet,
      cursor: from,
      id: session.id,
      settled,
      failed: (error) => lost(channel, error),
    })
    active.set(channel, subscription)
  }

  return {
    join,
    leave(channel) {
      if (typeof channel === 'string') release(channel)
    },
    working: (channel) => working.get(channel as string),
    get pending() {
      return pending
    },
    get behind() {
      for (const subscription of active.values()) if (subscription.behind) return true
      return false
    },
    get size() {
      return wanted.size
    },
    resume() {
      for (const subscription of active.values()) subscription.resume()
    },
    drop(channel, code) {
      const found = wanted.has(channel)
      release(channel)
      if (found) deny(channel, denial(code))
      return found
    },
    end() {
      over = true
      for (const subscription of active.values()) subscription.end()
      active.clear()
      wanted.clear()
    },
  }
}

/** True if the stream can go on from `cursor` by what the tailer has seen. */
function remembers({ epoch, top, recent }: Tailer, [wantedEpoch, offset]: Cursor): boolean {
  return (
    epoch === wantedEpoch &&
    (offset === top || (offset < top && (recent[0]?.offset ?? Number.POSITIVE_INFINITY) <= offset + 1))
  )
}
