import type { HelloInfo } from '../protocol/frames'
import { Answer, bodyOf, isComplete, isEmpty, openAnswer } from './answer'
import type { Received } from './check'
import type { ConnectionOptions } from './connection'
import { type Conversation, createConversation, endConversation, hear, pendingOf } from './conversation'
import type { Greeted } from './greeting'
import type { ExchangeAnswer, Gone, RequestView } from './hosts'
import { drop, isBehind, resumeAll } from './joins'
import { line } from './outlet'
import type { Session, SessionLink } from './session'
import { byeFrame } from './sessions'

/** A first poll waits so long for slow subscribe hooks before it is answered without them, ms. */
const joinPatienceMs = 250
/** More is coming, wait this long, ms: after a quiet time, and while answers follow each other closely. */
const coalesceQuietMs = 15
const coalesceBusyMs = 40
const busyMs = 250

/** One exchange. There may be very many parked polls, and this is most of what one costs: a record, and what it does are functions. */
interface Exchange {
  readonly options: ConnectionOptions
  /** How it came; forgotten when all of it has been heard. */
  request: RequestView | undefined
  readonly session: Session
  /** Answered when there is something to say; otherwise, as soon as everything is settled. */
  readonly held: boolean
  /** It came with a ticket: the client is in the middle of things, not at their beginning. */
  readonly ticketed: boolean
  readonly startedAt: number
  readonly answer: Answer
  readonly link: SessionLink
  readonly gone: Gone
  readonly abort: () => void
  readonly answered: (answer: ExchangeAnswer) => void
  conversation: Conversation | undefined
  /** The client has said good-bye. */
  leaving: boolean
  looking: boolean
  done: boolean
  cancelPatience: (() => void) | undefined
  cancelHold: (() => void) | undefined
  cancelSoon: (() => void) | undefined
}

/**
 * The conversation of one exchange: answered when there is something to say, when everything is settled, or when the hold is over.
 *
 * @throws EverwireError `bad_frame`
 */
export function converse(
  options: ConnectionOptions,
  request: RequestView,
  hello: HelloInfo,
  greeted: Greeted,
  frames: readonly Received[],
  gone: Gone,
  answered: (answer: ExchangeAnswer) => void,
): void {
  const channels = frames.filter(({ frame }) => frame[0] === 's').length
  const exchange = createExchange(options, request, hello, greeted, channels, gone, answered)
  if (channels < 2) openAnswer(exchange.answer)
  if (!enter(exchange)) return
  const { session, answer, ticketed } = exchange
  const { greeter } = options
  if (!ticketed || greeter.isStale(session, greeted.ticketUntil ?? 0)) answer.write(greeter.welcome(session, 'polling'))
  const conversation = talk(exchange, hello)
  try {
    for (const each of frames) if (!exchange.done) hear(conversation, each)
  } catch (error) {
    if (!exchange.done) close(exchange, false)
    throw error
  }
  exchange.request = undefined
  if (!exchange.done) wait(exchange, hello.w ?? 0, channels > 0 || !ticketed)
  look(exchange)
}

function createExchange(
  options: ConnectionOptions,
  request: RequestView,
  { g, w = 0 }: HelloInfo,
  { session, ticketUntil }: Greeted,
  channels: number,
  gone: Gone,
  answered: (answer: ExchangeAnswer) => void,
): Exchange {
  const { clock, limits } = options.context
  const share = Math.max(1_024, limits.answerBytes / 2 / Math.max(channels, 1))
  const answer = new Answer(limits, share, (patient) => (patient ? soon(exchange) : look(exchange)))
  const exchange: Exchange = {
    options,
    request,
    session,
    held: w > 0,
    ticketed: ticketUntil !== undefined,
    startedAt: clock.now(),
    answer,
    link: {
      transport: 'polling',
      g,
      write: (text) => answer.write(text),
      drop: (channel, code) => !!exchange.conversation && drop(exchange.conversation.joins, channel, code),
      end: (name, reason, retryMs) =>
        cutShort(exchange, name === 'replaced' ? '["i"]' : byeFrame(name, reason, retryMs)),
    },
    gone,
    abort: () => cutShort(exchange, '', false),
    answered,
    conversation: undefined,
    leaving: false,
    looking: false,
    done: false,
    cancelPatience: undefined,
    cancelHold: undefined,
    cancelSoon: undefined,
  }
  return exchange
}

/** Takes its place among the links of the session; false if a newer poll is held already. */
function enter(exchange: Exchange): boolean {
  const { options, session, link, held, gone, abort } = exchange
  const { newest } = session
  options.context.counters.connections.polling++
  options.sessions.attach(session, link)
  gone.addEventListener('abort', abort)
  if (!held) return true
  const older = newest.polling
  if (older && older.g > link.g) {
    cutShort(exchange, '["i"]')
    return false
  }
  newest.polling = link
  older?.end('replaced', '', 0)
  return true
}

function talk(exchange: Exchange, { i }: HelloInfo): Conversation {
  const { options, session, answer, link, ticketed } = exchange
  const { context, greeter } = options
  const { newest } = session
  const stranger = i !== undefined && i !== context.instance
  exchange.conversation = createConversation({ context, session, outlet: answer }, 'polling', ticketed, stranger, {
    settled: () => look(exchange),
    authenticate(token) {
      if (!exchange.request) return
      void greeter
        .renew(session, token, exchange.request)
        .then((refusal) => refusal && link.end(refusal.name, refusal.reason, refusal.retryMs))
    },
    bye() {
      exchange.leaving = true
      if (newest.polling !== link) newest.polling?.end('replaced', '', 0)
    },
    overloaded: () => link.end('overloaded', 'too many unsettled sends', 1_000),
  })
  return exchange.conversation
}

/** Until when it may take. A client takes a link for dead if it hears nothing for a heartbeat and some. */
function wait(exchange: Exchange, w: number, mayJoin: boolean): void {
  const { held, options } = exchange
  const { clock, heartbeatMs, holdMs, limits } = options.context
  const longest = held
    ? Math.min(w, heartbeatMs, Math.round(holdMs * (0.95 + clock.random() / 10)))
    : limits.hookMs + 500
  if (mayJoin) exchange.cancelPatience = clock.timer(joinPatienceMs, () => lose(exchange))
  exchange.cancelHold = clock.timer(longest, () => finish(exchange))
}

/** Patience is over. What called it off is not kept as long as the poll is. */
function lose(exchange: Exchange): void {
  exchange.cancelPatience = undefined
  look(exchange)
}

/** Something patient was written: more may follow. */
function soon(exchange: Exchange): void {
  const { held, answer, session, options } = exchange
  const { clock, limits } = options.context
  if (!held || isComplete(answer, limits)) return look(exchange)
  const ms = clock.now() - session.answeredAt < busyMs ? coalesceBusyMs : coalesceQuietMs
  exchange.cancelSoon ??= clock.timer(ms, () => finish(exchange))
}

/** Is it time to answer? Asked at the end of the turn, so that what is written together leaves together. */
function look(exchange: Exchange): void {
  if (exchange.looking || exchange.done) return
  exchange.looking = true
  exchange.options.context.later(() => {
    exchange.looking = false
    const { conversation, answer } = exchange
    if (!exchange.done && conversation && isJoined(exchange, conversation) && openAnswer(answer))
      resumeAll(conversation.joins)
    if (!exchange.done && isTime(exchange)) finish(exchange)
  })
}

/** All channels have their say about what goes into this answer; those that take long have to do without. */
function isJoined(exchange: Exchange, { joins }: Conversation): boolean {
  return joins.pending === 0 || isLate(exchange)
}

const isLate = ({ options, startedAt }: Exchange) => options.context.clock.now() - startedAt >= joinPatienceMs

function isTime(exchange: Exchange): boolean {
  const { conversation, answer, held, ticketed, options } = exchange
  const pending = conversation && (held && ticketed ? conversation.joins.pending : pendingOf(conversation))
  const settled = !conversation || (pending === 0 && !isBehind(conversation.joins))
  if (answer.urgent === 'now' || isComplete(answer, options.context.limits)) return true
  if (!held) return settled
  if (answer.urgent === undefined) return false
  // what waits in the history leaves together with what cannot wait: else who sends all the time hears nothing
  return settled || isLate(exchange)
}

function finish(exchange: Exchange): void {
  const { options, session, conversation, answer, held, done } = exchange
  if (done) return
  const { counters, spread, clock, limits } = options.context
  // a send without an outcome yet: the client is to ask again
  const waits = !held && !!conversation && pendingOf(conversation) > 0
  const more = waits || (!!conversation && isBehind(conversation.joins)) || isComplete(answer, limits)
  close(exchange, true)
  const body = bodyOf(answer, more, waits ? '["y"]' : line(['i', spread()]))
  counters.bytesOut += body.length
  if (held && !isEmpty(answer)) session.answeredAt = clock.now()
  exchange.answered({ status: 200, body })
}

/** Says only this, and leaves the rest for the next exchange. */
function cutShort(exchange: Exchange, body: string, answered = true): void {
  if (exchange.done) return
  close(exchange, answered)
  exchange.answered({ status: 200, body })
}

/** @param answered the client has more to say after it: sends without an outcome come once more */
function close(exchange: Exchange, answered: boolean): void {
  const { options, session, conversation, link, gone, abort } = exchange
  exchange.done = true
  exchange.cancelPatience?.()
  exchange.cancelHold?.()
  exchange.cancelSoon?.()
  gone.removeEventListener('abort', abort)
  if (conversation) endConversation(conversation, answered)
  options.context.counters.connections.polling--
  options.sessions.detach(session, link, exchange.leaving)
}
