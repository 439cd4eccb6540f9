import { type CloseReason, closeCodes } from '../protocol/close'
import type { Clock } from '../environment/environment'
import type { Message } from '../protocol/frames'
import type { Link, Preamble, Transport } from '../transports/transport'
import type { Line, LineEvents } from './line'

/** What is spoken on a link. */
export interface Conversation {
  readonly preamble: Preamble
  receive(message: Message): void
  attach(link: Link): void
  ping(): void
  close(): void
}

export interface ConversationHooks {
  welcome(): void
  end(reason: CloseReason): void
  touch(): void
  sent(): void
  pong(): void
}

export type Converse<C extends Conversation> = (streams: boolean, hooks: ConversationHooks) => C

export interface TransportLine<C extends Conversation> extends Line {
  readonly transport: Transport['name']
  readonly conversation: C
  /** When it was welcomed, `clock.now()`. */
  readonly since: number
  /** Starts the next exchange now instead of at its time. */
  nudge(): void
}

export interface CandidateOptions<C extends Conversation> {
  clock: Clock
  transport: Transport
  url: string
  converse: Converse<C>
  events(line: TransportLine<C>): LineEvents
  /** It was welcomed: the line belongs to whoever takes it here. */
  ready(line: TransportLine<C>): void
  failed(reason: CloseReason): void
}

/** A dial that has brought nothing after this long, ms, has failed. */
const timeout = 10_000

/** Dials one transport until it is welcomed or fails, one of them once. The function returned gives it up: then neither comes. */
export function openCandidate<C extends Conversation>(options: CandidateOptions<C>): () => void {
  const { clock, transport } = options
  const controller = new AbortController()
  let phase: 'dialing' | 'ready' | 'over' = 'dialing'
  let link: Link | undefined

  const cancel = clock.timer(timeout, () => end({ code: closeCodes.handshake, reason: `no answer after ${timeout} ms` }))

  const conversation = options.converse(transport.streams, {
    welcome() {
      if (phase !== 'dialing') return
      phase = 'ready'
      cancel()
      line = { ...line, since: clock.now() }
      live = options.events(line)
      options.ready(line)
    },
    end,
    touch: () => live?.touch(),
    sent: () => live?.sent(),
    pong: () => live?.pong(),
  })

  let live: LineEvents | undefined
  let line: TransportLine<C> = {
    transport: transport.name,
    conversation,
    since: 0,
    ping: conversation.ping,
    nudge: () => link?.send('', 'hold'),
    close: free,
  }

  function free(): void {
    phase = 'over'
    cancel()
    conversation.close()
    link?.close()
    controller.abort()
  }

  function end(reason: CloseReason): void {
    const before = phase
    if (before === 'over') return
    free()
    if (before === 'ready') live?.lost(reason)
    else options.failed(reason)
  }

  const sink = { receive: conversation.receive, closed: end }
  transport.open(options.url, sink, controller.signal, conversation.preamble).then(
    (opened) => {
      link = opened
      if (phase === 'over') opened.close()
      else conversation.attach(opened)
    },
    (reason: CloseReason) => end(reason),
  )
  return () => {
    if (phase === 'dialing') free()
  }
}
