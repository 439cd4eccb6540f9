import { type CloseReason, closeCodes } from '../protocol/close'
import { decode, type RawFrame } from '../protocol/codec'
import type { ClientFrame, Cursor, EventMeta, GapReason, Message, WelcomeInfo } from '../protocol/frames'
import { EverwireError } from '../shared/errors'
import type { Link, Preamble } from '../transports/transport'
import type { SessionContext } from './context'
import { advance, onGap, onSubscribed, type Subscription } from './subscriptions'
import { createVoice } from './voice'

export interface PeerHooks {
  /** The first welcome on this link. */
  welcome(): void
  /** The server ends this link, or talks nonsense. */
  end(reason: CloseReason): void
  /** Signs of life: something arrived · something that wants an answer was sent · a ping was answered. */
  sign(sign: 'touch' | 'sent' | 'pong'): void
}

/** The conversation on one link: hears what the server says and acts on the session; a voice of its own answers. */
export interface Peer {
  readonly preamble: Preamble
  receive(message: Message): void
  attach(link: Link): void
  changed(): void
  ping(): void
  once(frame: ClientFrame): boolean
  /** Hands the server a fresh token. */
  authenticate(token: string | undefined): void
  /** When the oldest send without an answer went out, `clock.now()`. */
  outstanding(): number | undefined
  close(): void
}

/** Repeating a subscribe this often in a row without getting anywhere means that the other side is no everwire server. */
const mostRepeats = 5
/** Bounds of the wait before a refused publish is resent, ms. */
const leastRetry = 50
const mostRetry = 60_000

export function createPeer(
  context: SessionContext,
  streams: boolean,
  hooks: PeerHooks,
  dropped: (sub: Subscription, error: EverwireError) => void,
): Peer {
  const { clock, outbox, subscriptions, credentials } = context
  const voice = createVoice(context, streams, () => hooks.sign('sent'))
  const startedAt = clock.now()
  let welcomed = false
  let over = false
  let ticketRefused = false

  function receive(message: Message): void {
    if (over) return
    hooks.sign('touch')
    try {
      for (const frame of decode(message)) if (!over) hear(frame)
    } catch (cause) {
      hooks.end({ code: closeCodes.transient, reason: String(cause) })
    }
  }

  function hear(frame: RawFrame): void {
    const [op, a, b, c, d] = frame
    switch (op) {
      case 'w':
        return onWelcome(a as WelcomeInfo)
      case 's':
      case 'g':
      case 'm':
      case 'v':
      case 'd':
        return onChannel(frame, String(a))
      case 'k':
        for (let i = 1; i < frame.length; i += 2) accepted(integer(frame[i]), { offset: integer(frame[i + 1]) })
        return
      case 'r':
        return accepted(integer(a), b)
      case 'n':
        return onNack(integer(a), String(b), String(c), retry(d))
      case 't':
        return void credentials.ask().then(authenticate, () => {}) // the server ends the link if nothing better comes
      case 'i':
        if (context.welcome && typeof a === 'number') context.welcome.sp = a
        if (streams) voice.once(['o'])
        return
      case 'o':
        voice.pong()
        return hooks.sign('pong')
      case 'b':
        return onBye({ code: integer(a), reason: String(b), retryMs: retry(c) })
    }
  }

  function onWelcome({ v, id, k, hb, dd, sp, lim }: WelcomeInfo): void {
    credentials.keep(k)
    context.welcome = { v, id, hb: integer(hb), dd: integer(dd), sp: integer(sp), lim: { ...lim } }
    ticketRefused = false
    if (welcomed) return
    welcomed = true
    voice.welcome()
    context.measure(clock.now() - startedAt)
    hooks.welcome()
  }

  /** What concerns a channel counts only if it answers the join of now, and the last question about it. */
  function onChannel([op, , b, c, d, e]: RawFrame, channel: string): void {
    const said = voice.said(channel)
    const sub = said?.sub
    if (op === 's' || op === 'd') voice.answered(channel, op === 'd')
    if (!sub || subscriptions.get(channel) !== sub) return
    if (op === 'd') return dropped(sub, new EverwireError(String(b), String(c), { retryMs: retry(d) }))
    if (voice.asked(channel)) return
    if (op === 'm' || op === 'v') {
      const next = b === 0 ? !!sub.cursor : advance(sub, integer(b))
      if (next === 'again') return again(sub)
      if (next) said.repeats = 0
      if (next && op === 'm') sub.handlers.event(String(c), d, b as number, e as EventMeta)
    } else {
      const verdict =
        op === 's'
          ? onSubscribed(sub, b === 0 ? null : said.sent, b === 1, cursor(c)) // 0 answers a question without a cursor
          : onGap(sub, e ? cursor(e) : said.sent, cursor(b), c as GapReason, d as number | null)
      if (verdict === 'again') again(sub)
      else sub.handlers.joined()
    }
  }

  function again(sub: Subscription): void {
    const said = voice.said(sub.channel)
    if (said && ++said.repeats > mostRepeats) hooks.end({ code: closeCodes.transient, reason: 'out_of_step' })
    else voice.again(sub)
  }

  function accepted(n: number, value: unknown): void {
    const ms = voice.settled(n)
    if (ms !== undefined) context.measure(ms)
    outbox.accept(n, value)
  }

  function onNack(n: number, code: string, message: string, retryMs?: number | null): void {
    if (typeof retryMs === 'number' && outbox.kind(n) !== 'q') {
      voice.halt(n, Math.min(Math.max(retryMs, leastRetry), mostRetry))
    } else {
      voice.settled(n)
      outbox.refuse(
        n,
        new EverwireError(code, message, { outcome: code === 'unknown' ? 'unknown' : 'rejected', retryMs }),
      )
    }
  }

  function onBye(reason: CloseReason): void {
    // a ticket that the server cannot read is repeated at once with the token; only polls carry tickets
    if (reason.code === closeCodes.ticket && welcomed && !ticketRefused) {
      ticketRefused = true
      credentials.keep(undefined)
      return voice.restate()
    }
    hooks.end(reason)
  }

  function authenticate(token: string | undefined): void {
    if (over || token === undefined) return
    credentials.keep(undefined)
    if (streams) voice.once(['a', token])
    else voice.restate()
  }

  return {
    preamble: voice.preamble,
    receive,
    attach: voice.attach,
    changed: voice.changed,
    ping: voice.ping,
    once: voice.once,
    authenticate,
    outstanding: voice.outstanding,
    close() {
      over = true
      voice.close()
    },
  }
}

// What the server sends is checked where it is kept or counted with; an error here ends the link.
function integer(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('bad_frame')
  return value as number
}

/** ms, null = never, undefined = it did not say. */
function retry(value: unknown): number | null | undefined {
  return value === null || (typeof value === 'number' && value >= 0) ? value : undefined
}

function cursor(value: unknown): Cursor {
  const [epoch, offset] = value as [unknown, unknown]
  return [String(epoch), integer(offset)]
}
