import type { Line, LineHooks } from '../connection/line'
import type { CloseReason } from '../protocol/close'
import { decode, encode, type RawFrame } from '../protocol/codec'
import * as codes from '../protocol/codes'
import type { ClientFrame, Message, WelcomeInfo } from '../protocol/frames'
import type { Lane, Transport } from '../transports/transport'
import { createBatch, line } from './batch'
import type { SessionContext } from './context'
import { createJoins } from './joins'
import { integer, retryOf } from './read'
import { createSends } from './sends'
import { redacted } from './trace'

/** The conversation on one link: says what the session has to say, hears what the server says. */
export interface Peer extends Line {
  readonly transport: Transport['name']
  /** Something changed in the session: it is said once per turn, however much it was. */
  changed(): void
  /** A frame that no later exchange repeats. False if nobody is there to hear it. */
  once(frame: ClientFrame): boolean
  /** Hands the server a fresh token. */
  authenticate(token: string | undefined): void
}

/** Bounds of a first exchange and of later ones, bytes: the server buffers 64 KB before its welcome and takes 256 KB after it. */
const firstBytes = 48_000
const laterBytes = 200_000

export function createPeer(context: SessionContext, { name, streams, open }: Transport, hooks: LineHooks): Peer {
  const { clock, credentials, outbox } = context
  /** When the last hello went out: connecting is no round trip. */
  let saidAt = 0
  let welcomed = false
  let over = false
  let scheduled = false
  let pinging = false
  let ticketRefused = false

  const joins = createJoins(context, streams, {
    send: (text) => link.send(text, 'hold'),
    changed,
    outOfStep: () => end({ code: codes.transient, reason: 'out_of_step' }),
  })
  const sends = createSends(context, streams, {
    sent: () => hooks.sign('sent'),
    changed,
    giveUp: (n) => once(['z', n]),
  })
  context.trace('dial', { transport: name })
  const link = open(context.url, { receive, closed: end }, preamble)

  function traced(type: 'send' | 'receive', frames: () => RawFrame[]): void {
    if (context.traced) for (const frame of frames()) context.trace(type, { transport: name, frame: redacted(frame) })
  }

  /** What opens a connection: over a stream everything, over an exchange its part. */
  function preamble(holdMs: number | null): Message[] {
    const receives = holdMs !== 0
    saidAt = clock.now()
    if (receives) context.generation++
    const { secret: s, generation: g } = context
    const hold = holdMs !== null && { w: Math.round(holdMs) }
    const batch = createBatch(welcomed ? laterBytes : firstBytes)
    batch.add(line(['h', { v: 1, s, g, ...credentials.hello(welcomed), ...hold }]))
    if (pinging && receives) batch.add('["i"]')
    return said(batch, receives, streams || !receives)
  }

  function said(batch: ReturnType<typeof createBatch>, receives: boolean, publishes: boolean): Message[] {
    if (welcomed) outbox.expire(context.welcome.dd)
    if (receives || !welcomed) joins.say(batch)
    // a request may go to where nobody is; what was never tried waits for the welcome, for a try that is doubtful stays doubtful
    const again = !streams && !welcomed
    if (publishes) sends.say(batch, 'p', again)
    if (receives) sends.say(batch, 'q', again)
    traced('send', () => batch.messages.flatMap(decode))
    return batch.messages
  }

  function pump(): void {
    scheduled = false
    if (over || !welcomed) return
    if (streams) {
      const messages = said(createBatch(laterBytes), true, true)
      for (const message of messages) link.send(message, 'hold')
      if (messages.length > 0) changed() // there may be more than one batch holds
    } else {
      if (joins.unsaid || sends.unsaid('q')) link.send('', 'hold')
      if (sends.unsaid('p')) link.send('', 'post')
    }
  }

  function changed(): void {
    if (scheduled) return
    scheduled = true
    queueMicrotask(pump)
  }

  function say(frame: ClientFrame, lane: Lane): void {
    traced('send', () => [frame as unknown as RawFrame])
    link.send(encode(frame, streams), lane)
  }

  function once(frame: ClientFrame): boolean {
    if (welcomed && !over) say(frame, 'once')
    return welcomed && !over
  }

  /** Every exchange again, now: what they carried was not heard. */
  function restate(): void {
    link.send('', 'hold')
    link.send('', 'post')
  }

  function receive(message: Message): void {
    try {
      const frames = decode(message)
      // over exchanges an acknowledgement says nothing about the poll that is to bring events
      if (streams || frames.some(([op]) => op !== 'k')) hooks.sign('touch')
      traced('receive', () => frames)
      for (const frame of frames) if (!over) hear(frame)
    } catch (cause) {
      end({ code: codes.transient, reason: String(cause) })
    }
  }

  function hear(frame: RawFrame): void {
    const [op, a, b, c] = frame
    switch (op) {
      case 'w':
        return onWelcome(a as WelcomeInfo)
      case 's':
      case 'g':
      case 'm':
      case 'v':
      case 'd':
        return joins.hear(frame)
      case 'k':
      case 'r':
      case 'n':
        return sends.hear(frame)
      case 't':
        return void credentials.ask().then(authenticate, () => {}) // the server ends the link if nothing better comes
      case 'i':
        if (typeof a === 'number') context.welcome.sp = a
        if (streams) once(['o'])
        return
      case 'o':
        pinging = false
        return hooks.sign('pong')
      case 'y':
        return sends.cut()
      case 'b':
        return onBye({ code: integer(a), reason: String(b), retryMs: retryOf(c) })
    }
  }

  function onWelcome({ id, k, hb, dd, sp, lim }: WelcomeInfo): void {
    credentials.keep(k)
    context.welcome = { id, hb: integer(hb), dd: integer(dd), sp: integer(sp), lim: { ...lim } }
    ticketRefused = false
    changed()
    if (welcomed) return
    welcomed = true
    context.measure(clock.now() - saidAt)
    context.trace('open', { transport: name })
    hooks.welcome()
  }

  function onBye(reason: CloseReason): void {
    // a ticket that the server cannot read is repeated at once with the token; only polls carry tickets
    if (reason.code === codes.ticket && welcomed && !ticketRefused) {
      ticketRefused = true
      credentials.keep(undefined)
      restate()
    } else end(reason)
  }

  function authenticate(token: string | undefined): void {
    if (over || token === undefined) return
    credentials.keep(undefined)
    if (streams) once(['a', token])
    else restate()
  }

  function end(reason: CloseReason): void {
    if (over) return
    close()
    const { code } = reason
    context.trace(welcomed ? 'lost' : 'fail', { transport: name, code, reason: reason.reason })
    hooks.end(reason)
  }

  function close(): void {
    over = true
    sends.close()
    link.close()
  }

  return {
    transport: name,
    changed,
    once,
    authenticate,
    outstanding: sends.outstanding,
    ping() {
      pinging = true
      if (streams) say(['i'], 'once')
      else link.send('', 'hold')
    },
    close,
  }
}
