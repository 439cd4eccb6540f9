import type { Clock } from '../environment/environment'
import { type CloseReason, closeCodes } from '../protocol/close'
import type { Message } from '../protocol/frames'
import type { Link, Preamble, Transport } from '../transports/transport'
import type { DialEvents, Line, Sign } from './line'

/** What is spoken on a link. */
export interface Conversation extends Line {
  readonly preamble: Preamble
  receive(message: Message): void
  attach(link: Link): void
}

export interface ConversationHooks {
  /** The first welcome. */
  welcome(): void
  /** The other side ends it, or talks nonsense. */
  end(reason: CloseReason): void
  sign(sign: Sign): void
}

export type Converse<C extends Conversation> = (streams: boolean, hooks: ConversationHooks) => C

export interface TransportLine<C extends Conversation> extends Line {
  readonly transport: Transport['name']
  readonly conversation: C
  /** When it was welcomed, `clock.now()`. */
  since: number
}

export interface CandidateOptions<C extends Conversation> {
  clock: Clock
  url: string
  converse: Converse<C>
}

export interface CandidateEvents<C extends Conversation>
  extends Pick<DialEvents<TransportLine<C>>, 'ready' | 'sign' | 'lost'> {
  /** It ended before its welcome. */
  failed(reason: CloseReason): void
}

/** A dial that has brought nothing after this long, ms, has failed. */
const timeout = 10_000

/** Dials one transport until it is welcomed or fails, one of them once. The function returned gives it up: then neither comes. */
export function openCandidate<C extends Conversation>(
  { clock, url, converse }: CandidateOptions<C>,
  transport: Transport,
  events: CandidateEvents<C>,
): () => void {
  const controller = new AbortController()
  let phase: 'dialing' | 'ready' | 'over' = 'dialing'
  let link: Link | undefined

  const conversation = converse(transport.streams, {
    welcome() {
      phase = 'ready'
      cancel()
      line.since = clock.now()
      events.ready(line)
    },
    end,
    sign(sign) {
      if (phase === 'ready') events.sign(line, sign)
    },
  })
  const line: TransportLine<C> = {
    transport: transport.name,
    conversation,
    since: 0,
    ping: conversation.ping,
    outstanding: conversation.outstanding,
    close,
  }
  const cancel = clock.timer(timeout, () => end({ code: closeCodes.handshake, reason: 'handshake' }))

  function close(): void {
    phase = 'over'
    cancel()
    conversation.close()
    link?.close()
    controller.abort()
  }

  function end(reason: CloseReason): void {
    const before = phase
    if (before === 'over') return
    close()
    if (before === 'ready') events.lost(line, reason)
    else events.failed(reason)
  }

  transport
    .open(url, { receive: conversation.receive, closed: end }, controller.signal, conversation.preamble)
    .then((opened) => {
      link = opened
      if (phase === 'over') opened.close()
      else conversation.attach(opened)
    }, end)
  return () => {
    if (phase === 'dialing') close()
  }
}
