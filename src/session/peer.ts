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
  authenticate(token: string): void
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
    const [op, a, b, c, d, e] = frame
    switch (op) {
      case 'w':
        return onWelcome(a as WelcomeInfo)
      case 's':
        return onAnswer(text(a), b === 1, cursor(c))
      case 'g':
        return onGapFrame(text(a), cursor(b), c as GapReason, d === null ? null : integer(d), e)
      case 'm':
        return onEvent(text(a), integer(b), text(c), d, e as EventMeta | undefined)
      case 'v':
        return onEvent(text(a), integer(b))
      case 'k':
        for (let i = 1; i < frame.length; i += 2) accepted(integer(frame[i]), { offset: integer(frame[i + 1]) })
        return
      case 'r':
        return accepted(integer(a), b)
      case 'n':
        return onNack(integer(a), text(b), text(c), retry(d))
      case 'd':
        return onDropped(text(a), new EverwireError(text(b), text(c), { retryMs: retry(d) }))
      case 't':
        return void refresh()
      case 'i':
        if (context.welcome && typeof a === 'number') context.welcome = { ...context.welcome, sp: a }
        if (streams) voice.once(['o'])
        return
      case 'o':
        voice.pong()
        return hooks.sign('pong')
      case 'b':
        return onBye({ code: integer(a), reason: text(b), retryMs: retry(c) })
    }
  }

  function onWelcome(info: WelcomeInfo): void {
    integer(info.dd)
    integer(info.lim.message)
    text(info.id)
    credentials.keep(info.k)
    context.welcome = info
    ticketRefused = false
    if (welcomed) return
    welcomed = true
    voice.welcome()
    context.measure(clock.now() - startedAt)
    hooks.welcome()
  }

  const mine = (channel: string): Subscription | undefined => {
    const sub = voice.said(channel)?.sub
    return sub && subscriptions.get(channel) === sub ? sub : undefined
  }

  function onAnswer(channel: string, resumed: boolean, position: Cursor): void {
    voice.answered(channel, false)
    const sub = mine(channel)
    if (!sub || voice.asked(channel)) return
    const verdict = onSubscribed(sub, voice.said(channel)?.sent ?? null, resumed, position)
    if (verdict === 'again') again(sub)
    else sub.handlers.joined()
  }

  function onGapFrame(channel: string, to: Cursor, reason: GapReason, missed: number | null, echo: unknown): void {
    const sub = mine(channel)
    if (!sub || voice.asked(channel)) return
    const sent = echo ? cursor(echo) : (voice.said(channel)?.sent ?? null)
    if (onGap(sub, sent, to, reason, missed) === 'again') again(sub)
  }

  function onEvent(channel: string, offset: number, name?: string, data?: unknown, meta?: EventMeta): void {
    const sub = mine(channel)
    if (!sub || voice.asked(channel)) return
    const next = offset === 0 ? !!sub.cursor : advance(sub, offset)
    if (next === 'again') return again(sub)
    if (!next) return
    const said = voice.said(channel)
    if (said) said.repeats = 0
    if (name !== undefined) sub.handlers.event(name, data, offset, meta)
  }

  function again(sub: Subscription): void {
    const said = voice.said(sub.channel)
    if (!said || ++said.repeats > mostRepeats) {
      return hooks.end({ code: closeCodes.transient, reason: 'out_of_step' })
    }
    voice.again(sub)
  }

  function onDropped(channel: string, error: EverwireError): void {
    const sub = mine(channel)
    voice.answered(channel, true)
    if (sub) dropped(sub, error)
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

  async function refresh(): Promise<void> {
    try {
      const token = await credentials.ask()
      if (!over && token !== undefined) authenticate(token)
    } catch {
      // the server ends the link when the token runs out, and the next attempt asks again
    }
  }

  function authenticate(token: string): void {
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

// What the server sends is checked where it is used; a TypeError here ends the link.
function text(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('text expected')
  return value
}

function integer(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('whole number expected')
  return value as number
}

/** ms, null = never, undefined = it did not say. */
function retry(value: unknown): number | null | undefined {
  return value === null || (typeof value === 'number' && value >= 0) ? value : undefined
}

function cursor(value: unknown): Cursor {
  if (!Array.isArray(value)) throw new TypeError('cursor expected')
  return [text(value[0]), integer(value[1])]
}
