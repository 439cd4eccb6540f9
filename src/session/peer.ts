import type { Line, LineHooks } from '../connection/line'
import type { CloseReason } from '../protocol/close'
import { decode, type RawFrame } from '../protocol/codec'
import * as codes from '../protocol/codes'
import type { Message, WelcomeInfo } from '../protocol/frames'
import type { Transport } from '../transports/transport'
import { type Batch, type Body, createBatch, frameOf, line } from './batch'
import type { SessionContext } from './context'
import { createJoins } from './joins'
import { overhead } from './outbox'
import { integer, retryOf } from './read'
import { createSends } from './sends'

/** The conversation on one link: says what the session has to say, hears what the server says. */
export interface Peer extends Line {
  readonly transport: Transport['name']
  /** Something changed in the session: it is said once per turn, however much it was. */
  changed(): void
  /** A frame that nothing repeats, with or without data. False if nobody is there to hear it. */
  once(head: readonly unknown[], data?: Body): boolean
  /** Hands the server a fresh token. */
  show(token: string | undefined): void
}

/** Bounds of a first message and of later ones, bytes: the server buffers 64 KB before its welcome and takes 256 KB after it. */
const firstBytes = 48_000
const laterBytes = 200_000
/** A pong is due this long after the server's interval, ms. */
const grace = 10_000

export function createPeer(context: SessionContext, { name, streams, open }: Transport, hooks: LineHooks): Peer {
  const { clock, credentials, outbox } = context
  /** When the last hello went out: connecting is no round trip. */
  let saidAt = 0
  /** The server has said so, and it is not over yet. */
  let welcomed = false
  let over = false
  let scheduled = false
  /** How many changes of the session the last opening has said. */
  let said = 0
  let pinging = false

  const joins = createJoins(context, streams, changed)
  const sends = createSends(context, streams, changed, (n) => once(['z', n]))
  const link = open(context.url, { receive, closed: end }, preamble)

  function send(messages: Message[]): void {
    for (const message of messages) link.send(message)
  }

  /** What opens a connection: all there is to say. */
  function preamble(holdMs: number | undefined): Message[] {
    said = context.changes
    saidAt = clock.now()
    const batch = createBatch(welcomed ? laterBytes : firstBytes)
    batch.add(
      line([
        'h',
        {
          v: 1,
          s: context.secret,
          g: ++context.generation,
          w: holdMs && Math.round(holdMs),
          ...credentials.hello(welcomed),
        },
      ]),
    )
    if (pinging) batch.add('["i"]')
    return compose(batch)
  }

  function compose(batch: Batch): Message[] {
    joins.say(batch)
    // a request may go to where nobody is; what was never tried waits for the welcome, for a try that is doubtful stays doubtful
    sends.say(batch, !streams && !welcomed)
    if (outbox.sends.size) hooks.sign('sent')
    return batch.messages
  }

  function pump(): void {
    scheduled = false
    if (!welcomed) return
    if (streams) {
      const messages = compose(createBatch(laterBytes))
      send(messages)
      if (messages.length > 0) schedule() // there may be more than one batch holds
    } else if (said !== context.changes) begin()
  }

  function changed(): void {
    context.changes++
    schedule()
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    queueMicrotask(pump)
  }

  /** An exchange says everything: subscriptions, what is unsettled, who this is. */
  const begin = () => link.send('')

  function once(head: readonly unknown[], data?: Body): boolean {
    if (welcomed) send([data === undefined ? line(head) : frameOf(head, data, {}, streams)])
    return welcomed
  }

  function receive(message: Message): void {
    try {
      hooks.sign('touch')
      for (const frame of decode(message)) if (!over) hear(frame)
    } catch (cause) {
      end({ code: codes.transient, reason: (cause as Error).message })
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
        return void credentials.ask().then(show, () => {}) // the server ends the link if nothing better comes
      case 'i':
        if (typeof a === 'number') context.spread = a
        if (streams) once(['o'])
        return
      case 'o':
        pinging = false
        return hooks.sign('pong')
      case 'b':
        return onBye({ code: integer(a), reason: String(b), retryMs: retryOf(c) })
    }
  }

  function onWelcome({ id, k, i, hb, sp, lim }: WelcomeInfo): void {
    credentials.keep(k, i)
    Object.assign(context, { id, silence: integer(hb) + grace, spread: integer(sp), mostBytes: lim.message + overhead })
    if (welcomed) return
    welcomed = true
    // what changed on the way, or had to wait for the welcome
    if (outbox.sends.size) context.changes++
    schedule()
    context.measure(clock.now() - saidAt)
    hooks.welcome()
  }

  function onBye(reason: CloseReason): void {
    // a ticket that the server cannot read is repeated at once with the token; only exchanges carry tickets
    if (reason.code === codes.ticket && welcomed && credentials.keep(undefined)) begin()
    else end(reason)
  }

  function show(token: string | undefined): void {
    if (token === undefined) return
    credentials.keep(undefined)
    if (streams) once(['a', token])
    else begin()
  }

  function end(reason: CloseReason): void {
    if (over) return
    close()
    hooks.end(reason)
  }

  function close(): void {
    over = true
    welcomed = false
    sends.close()
    link.close()
  }

  return {
    transport: name,
    changed,
    once,
    show,
    pending: sends.pending,
    ping() {
      pinging = true
      if (streams) once(['i'])
      else begin()
    },
    close,
  }
}
