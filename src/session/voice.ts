import { encode, encodeText } from '../protocol/codec'
import type { ClientFrame, Cursor, Message } from '../protocol/frames'
import type { Lane, Link } from '../transports/transport'
import { type Batch, createBatch, line } from './batch'
import type { SessionContext } from './context'
import type { Send } from './outbox'
import type { Subscription } from './subscriptions'

/** What a link has said about one channel. */
export interface Said {
  readonly sub: Subscription
  readonly sent: Cursor | null
  /** Subscribes repeated in a row without progress. */
  repeats: number
}

/** What one link has to say. Over a stream everything is said once; over exchanges whatever is unsettled, each time. */
export interface Voice {
  preamble(holdMs: number | null): Message[]
  /** The server welcomed this link. */
  welcome(): void
  /** The link that `open` resolved with. */
  attach(link: Link): void
  /** Something changed in the session: it is said once per turn, however much it was. */
  changed(): void
  /** A frame that no later exchange repeats. False if there is no link to take it. */
  once(frame: ClientFrame): boolean
  ping(): void
  pong(): void
  /** Every exchange again, now: what they carried was not heard. */
  restate(): void
  said(channel: string): Said | undefined
  /** Subscribes once more, with the cursor. */
  again(sub: Subscription): void
  /** The server answered a subscribe, or ended the subscription (`ended`). */
  answered(channel: string, ended: boolean): void
  /** True while a subscribe is unanswered: what comes for the channel belongs to an earlier question. */
  asked(channel: string): boolean
  /** A send has an outcome; ms since it went out on this link. */
  settled(n: number): number | undefined
  /** A retryable nack: the server ignores publishes from `n` on until it is resent or given up. */
  halt(n: number, retryMs: number): void
  outstanding(): number | undefined
  close(): void
}

/** Bounds of a first exchange and of later ones, bytes: the server buffers 64 KB before its welcome and takes 256 KB after it. */
const firstBytes = 48_000
const laterBytes = 200_000

/** @param sent called when something went out that wants an answer */
export function createVoice(context: SessionContext, streams: boolean, sent: () => void): Voice {
  const { clock, outbox, subscriptions, credentials } = context
  const said = new Map<string, Said>()
  const unanswered = new Map<string, number>()
  /** The highest number this link has carried, of publishes and of requests. */
  const carried = { p: 0, q: 0 }
  const sentAt = new Map<number, number>()
  let link: Link | undefined
  let welcomed = false
  let scheduled = false
  let pinging = false
  let halted: { n: number; cancel(): void } | undefined

  function preamble(holdMs: number | null): Message[] {
    const receives = holdMs !== 0
    if (receives) context.generation++
    const batch = createBatch(welcomed ? laterBytes : firstBytes)
    const { secret: s, generation: g } = context
    batch.add(
      line(['h', { v: 1, s, g, ...credentials.hello(welcomed), ...(holdMs !== null && { w: Math.round(holdMs) }) }]),
    )
    if (pinging && receives) batch.add(line(['i']))
    if (receives || !welcomed) subscribe(batch, !streams)
    if (streams || !receives) carry(batch, 'p')
    if (receives) carry(batch, 'q')
    return batch.messages
  }

  /** Subscribes to what this link has not mentioned yet; or to everything, for an exchange knows nothing of the one before. */
  function subscribe(batch: Batch, everything: boolean): void {
    for (const sub of subscriptions.values()) {
      if (sub.denied || (!everything && said.get(sub.channel)?.sub === sub)) continue
      if (!batch.fits(300)) return
      batch.add(subscription(sub))
    }
  }

  function subscription(sub: Subscription): string {
    const { channel, cursor = null, rewind } = sub
    const before = said.get(channel)
    said.set(channel, { sub, sent: cursor, repeats: before?.sub === sub ? before.repeats : 0 })
    if (streams) unanswered.set(channel, (unanswered.get(channel) ?? 0) + 1)
    return line(cursor || !rewind ? ['s', channel, cursor] : ['s', channel, null, { r: rewind }])
  }

  /** Unsettled sends, in order, as far as they fit. */
  function carry(batch: Batch, kind: Send['kind']): void {
    if (welcomed && context.welcome) outbox.expire(context.welcome.dd, context.welcome.lim.message)
    for (const send of outbox.sends()) {
      if (send.kind !== kind || (streams && send.n <= carried[kind])) continue
      if ((halted && streams && kind === 'p') || !batch.fits(send.bytes)) return
      batch.add(send.carry(streams))
      if (!sentAt.has(send.n)) sentAt.set(send.n, clock.now())
      carried[kind] = Math.max(carried[kind], send.n)
    }
    if (sentAt.size) sent()
  }

  function pump(): void {
    scheduled = false
    if (!link || !welcomed) return
    if (!streams) return exchange(link)
    const batch = createBatch(Number.POSITIVE_INFINITY)
    for (const channel of said.keys()) {
      if (subscriptions.has(channel)) continue
      said.delete(channel)
      batch.add(line(['u', channel]))
    }
    subscribe(batch, false)
    carry(batch, 'p')
    carry(batch, 'q')
    for (const message of batch.messages) link.send(message, 'hold')
  }

  /** Begins the exchanges that will say what none has said yet. */
  function exchange(to: Link): void {
    let hold = false
    let post = false
    let room = laterBytes
    for (const sub of subscriptions.values()) hold ||= !sub.denied && said.get(sub.channel)?.sub !== sub
    for (const { kind, n, bytes } of outbox.sends()) {
      if (kind === 'q') hold ||= n > carried.q
      else {
        // what one exchange cannot hold waits for an acknowledgement to make room
        room -= bytes
        post ||= room > 0 && n > carried.p
      }
    }
    if (hold) to.send('', 'hold')
    if (post && !halted) to.send('', 'post')
  }

  function changed(): void {
    if (scheduled) return
    scheduled = true
    queueMicrotask(pump)
  }

  function say(frame: ClientFrame, lane: Lane): boolean {
    link?.send((streams ? encode : encodeText)(frame), lane)
    return !!link
  }

  /** The number that was refused comes again, or, if its owner gave it up, what is left does. */
  function resume(): void {
    if (!halted) return
    const { n, cancel } = halted
    cancel()
    halted = undefined
    carried.p = outbox.kind(n) ? n - 1 : 0
    if (streams && !outbox.kind(n)) say(['z', n], 'once')
    changed()
  }

  return {
    preamble,
    welcome() {
      welcomed = true
      changed()
    },
    attach(to) {
      link = to
      changed()
    },
    changed,
    once: (frame) => welcomed && say(frame, 'once'),
    ping() {
      pinging = true
      if (streams) say(['i'], 'once')
      else link?.send('', 'hold')
    },
    pong() {
      pinging = false
    },
    restate() {
      link?.send('', 'hold')
      link?.send('', 'post')
    },
    said: (channel) => said.get(channel),
    again(sub) {
      const line = subscription(sub)
      link?.send(streams ? line : '', 'hold')
    },
    answered(channel, ended) {
      const left = (unanswered.get(channel) ?? 0) - 1
      if (left > 0) unanswered.set(channel, left)
      else unanswered.delete(channel)
      if (ended) said.delete(channel)
    },
    asked: (channel) => unanswered.has(channel),
    settled(n) {
      const at = sentAt.get(n)
      sentAt.delete(n)
      if (n === halted?.n) resume()
      else if (!streams) changed()
      return at === undefined ? undefined : clock.now() - at
    },
    halt(n, retryMs) {
      if (halted) return
      sentAt.clear()
      halted = { n, cancel: clock.timer(retryMs, resume) }
      if (!outbox.kind(n)) resume()
    },
    outstanding() {
      for (const [n, at] of sentAt) {
        if (outbox.kind(n)) return at
        sentAt.delete(n)
      }
    },
    close() {
      halted?.cancel()
      link = undefined
    },
  }
}
