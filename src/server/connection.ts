import { closeCodes } from '../protocol/close-codes'
import type { HelloInfo, Message } from '../protocol/frames'
import { EverwireError } from '../shared/errors'
import { bad, helloOf, parse, type Received, sizeOf } from './check'
import type { ServerContext } from './context'
import { type Conversation, createConversation, endConversation, hear as hearOne } from './conversation'
import { type Greeted, type Greeter, isEnding } from './greeting'
import type { Heartbeat, Pulse } from './heartbeat'
import type { HostSocket, SocketHandlers } from './hosts'
import { drop, resumeAll } from './joins'
import { line } from './outlet'
import { createBucket } from './rate'
import type { SessionLink } from './session'
import { byeFrame, type Ending, ending, reasonOf, type Sessions } from './sessions'
import { refused } from './stats'
import { createWriter } from './writer'

export interface ConnectionOptions {
  context: ServerContext
  sessions: Sessions
  greeter: Greeter
  heartbeat: Heartbeat
  /** A reason to send newcomers away, if there is one now. */
  closed(address: string | undefined): Ending | undefined
}

export interface Connection extends SocketHandlers {
  end(ending: Ending): void
}

/** Bad frames: try again after this, ms; the client does so once. */
const badFrameRetryMs = 1_000

interface Waiting {
  readonly message: Message
  readonly at: number
}

type Phase =
  | { readonly name: 'hello' }
  | { readonly name: 'greeting'; readonly waiting: Waiting[]; bytes: number }
  | { readonly name: 'open'; readonly conversation: Conversation; leave(bye: boolean): void }
  | { readonly name: 'over' }

/** One WebSocket, from its first message to its end. */
export function createConnection(options: ConnectionOptions, socket: HostSocket, gone: () => void): Connection {
  const { context, sessions, greeter, heartbeat } = options
  const { clock, limits, counters } = context
  const writer = createWriter(context, socket, resume, () => end(ending('slow', 'too slow', 0)))
  const frames = createBucket(clock, limits.framesPerSecond, limits.frameBurst)
  let phase: Phase = { name: 'hello' }
  const pulse: Pulse = {
    heard: true,
    ping: () => writer.write(line(['i', context.spread()])),
    dead: () => end(ending('no_pong', 'no answer to a ping', 0)),
  }
  let cancelHello: (() => void) | undefined = clock.timer(limits.helloMs, () =>
    end(ending('handshake', 'no hello came', 1_000)),
  )
  counters.connections.websocket++

  function stopWaiting(): void {
    cancelHello?.()
    cancelHello = undefined
  }

  function receive(message: Message): void {
    counters.bytesIn += message.length
    pulse.heard = true
    try {
      if (phase.name === 'greeting') wait(phase, message)
      else if (phase.name === 'open') hear(parse(message, limits, clock.now()))
      else if (phase.name === 'hello') greet(message)
    } catch (error) {
      refuse(error)
    }
  }

  function refuse(error: unknown): void {
    if (error instanceof EverwireError && error.code === 'version') return end(ending('version', error.message))
    if (!(error instanceof EverwireError)) context.report(error)
    end(ending('bad_frame', error instanceof EverwireError ? error.message : 'bad frame', badFrameRetryMs))
  }

  function greet(message: Message): void {
    if (sizeOf(message) > limits.helloBytes) return end(ending('handshake', 'too much before the welcome', 1_000))
    const [first, ...rest] = parse(message, limits, clock.now())
    if (!first) throw bad('an empty message')
    const hello = helloOf(first.frame)
    const away = options.closed(socket.request.address)
    if (away) return end(away)
    stopWaiting()
    phase = { name: 'greeting', waiting: [], bytes: 0 }
    greeter
      .greet(hello, socket.request)
      .then((answer) => onGreeted(hello, answer, rest))
      .catch(refuse)
  }

  function wait(state: Phase & { name: 'greeting' }, message: Message): void {
    state.bytes += sizeOf(message)
    if (state.bytes > limits.helloBytes || state.waiting.length >= limits.batchFrames) {
      return end(ending('handshake', 'too much before the welcome', 1_000))
    }
    state.waiting.push({ message, at: clock.now() })
  }

  function onGreeted(
    { g, i = context.instance }: HelloInfo,
    answer: Greeted | Ending,
    rest: readonly Received[],
  ): void {
    if (phase.name !== 'greeting') return
    const away = isEnding(answer) ? answer : options.closed(socket.request.address)
    if (away || isEnding(answer)) return end(away as Ending)
    const { session } = answer
    const { newest } = session
    if (newest.websocket && newest.websocket.g > g) return end(ending('replaced', 'a newer connection is there', 1_000))
    newest.websocket?.end('replaced', 'a newer connection came', 1_000)
    const { waiting } = phase
    const stranger = i !== context.instance
    const conversation = createConversation({ context, session, outlet: writer }, 'websocket', false, stranger, {
      settled: () => {},
      authenticate(token) {
        void greeter.renew(session, token, socket.request).then((refusal) => refusal && end(refusal))
      },
      bye: () => end(undefined),
      overloaded: () => end(ending('overloaded', 'too many unsettled sends', 1_000)),
    })
    const link: SessionLink = {
      transport: 'websocket',
      g,
      write: (text) => writer.write(text),
      drop: (channel, code) => drop(conversation.joins, channel, code),
      end: (name, reason, retryMs) => end(ending(name, reason, retryMs)),
    }
    newest.websocket = link
    phase = {
      name: 'open',
      conversation,
      leave(bye) {
        endConversation(conversation)
        sessions.detach(session, link, bye)
      },
    }
    heartbeat.start(pulse)
    writer.write(greeter.welcome(session, 'websocket'))
    sessions.attach(session, link)
    hear(rest)
    for (const { message, at } of waiting) if (isOpen()) hear(parse(message, limits, at))
  }

  const isOpen = () => phase.name === 'open'

  function hear(received: readonly Received[]): void {
    const now = clock.now()
    for (const each of received) {
      if (phase.name !== 'open') return
      if (frames.take(1, now) > 0) return end(ending('abuse', 'too many frames'))
      hearOne(phase.conversation, each)
    }
  }

  function resume(): void {
    if (phase.name === 'open') resumeAll(phase.conversation.joins)
  }

  /** undefined: the client said good-bye. */
  function end(why: Ending | undefined): void {
    if (phase.name === 'over') return
    finish(!why)
    const { name, reason, retryMs } = why ?? ending('transient', '')
    if (why) {
      refused(counters, name)
      writer.write(byeFrame(name, reason, retryMs))
    }
    writer.flush()
    socket.close(why ? closeCodes[name] : 1000, why ? reasonOf(name, reason) : '')
  }

  function finish(bye: boolean): void {
    const last = phase
    phase = { name: 'over' }
    counters.connections.websocket--
    stopWaiting()
    heartbeat.stop(pulse)
    if (last.name === 'open') last.leave(bye)
    gone()
  }

  return {
    receive,
    drained: writer.drained,
    closed() {
      if (phase.name !== 'over') finish(false)
    },
    abused: () => end(ending('abuse', 'too many control frames')),
    oversized() {
      refused(counters, 'too_big')
      if (phase.name !== 'over') finish(false)
    },
    end,
  }
}
