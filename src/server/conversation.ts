import { amount, bad, cursorOf, dataOf, number, option, type Received } from './check'
import type { ServerContext } from './context'
import { createJoins, endJoins, type Joins, join, leave, working } from './joins'
import { line, type Outlet } from './outlet'
import { isRefusal, publishOne, type Send, type SendOutcome } from './publishing'
import { request } from './requests'
import type { Refusal, Turn } from './send-queue'
import { requestsOf, type Session, type SessionLink, sendsOf } from './session'
import { refused } from './stats'

/**
 * What a client says on one connection, done. The same for a WebSocket and for one exchange of long-polling.
 * There is one for each connection and each parked poll: a record, and what it does are functions.
 */
export interface Conversation {
  readonly context: ServerContext
  readonly session: Session
  readonly outlet: Outlet
  readonly calls: ConversationCalls
  readonly joins: Joins
  /** Sends without an outcome yet. */
  sending: number
  unknown: number
  /** A publish that was refused for now: what comes after it has to wait for it. */
  stopped: number | undefined
  /** The client comes from another process of the server: what it has tried was tried there, unless this one saw the first try. */
  readonly stranger: boolean
  /** It has ended, and the client says once more what has no outcome: what has not begun need not begin here. */
  left: boolean
}

/** What the conversation asks of whoever carries it. */
export interface ConversationCalls {
  /** `pendingOf` or `isBehind` may have changed. */
  settled(): void
  /** A fresh token. */
  authenticate(token: string): void
  bye(): void
  /** The client goes far beyond its limits. */
  overloaded(): void
}

const nackOf = (n: number, { code, message, retryMs }: Refusal) => line(['n', n, code, message, retryMs])

interface SendTurn extends Turn {
  readonly conversation: Conversation
  /** A publish or a volatile event; or the number of a publish that was given up. */
  readonly send: Send | number
  /** One who subscribes and then publishes wants to see it. */
  readonly joining: Promise<void> | undefined
}

function sendOf(conversation: Conversation, received: Received, n: number): Send {
  const { frame, size } = received
  const quiet = option(frame[5], 'e') === 0
  return {
    n,
    channel: frame[2],
    event: frame[3],
    data: dataOf(frame),
    size,
    triedAt: triedAt(conversation, received, n),
    quiet,
  }
}

/** When it was first tried, `clock.now()`; -Infinity: elsewhere, and its age, which does not count the way here, does not matter. */
function triedAt({ session, stranger }: Conversation, { frame, at }: Received, n: number): number | undefined {
  const age = amount(frame[5], 'a')
  if (age === undefined) {
    session.freshFrom = Math.min(session.freshFrom, n)
    return undefined
  }
  return stranger && n < session.freshFrom ? Number.NEGATIVE_INFINITY : at - age
}

function volatileOf({ frame, size }: Received): Send {
  return {
    n: undefined,
    channel: frame[1],
    event: frame[2],
    data: dataOf(frame),
    size,
    triedAt: undefined,
    quiet: false,
  }
}

/** So many frames nobody knows end a connection. */
const mostUnknown = 10

/**
 * @param ticketed a poll with a ticket
 * @param stranger it says that it comes from another process of the server
 */
export function createConversation(
  { context, session, outlet }: Pick<Conversation, 'context' | 'session' | 'outlet'>,
  transport: SessionLink['transport'],
  ticketed: boolean,
  stranger: boolean,
  calls: ConversationCalls,
): Conversation {
  const joins = createJoins({ context, session, outlet, transport, ticketed, settled: calls.settled })
  return { context, session, outlet, calls, joins, sending: 0, unknown: 0, stopped: undefined, stranger, left: false }
}

/** @throws EverwireError `bad_frame` */
export function hear(conversation: Conversation, received: Received): void {
  const { context, outlet, calls, joins } = conversation
  const { frame, size } = received
  const [op, a, b, c] = frame
  switch (op) {
    case 's':
      return join(joins, { channel: a, cursor: cursorOf(b), rewind: amount(c, 'r') ?? 0 })
    case 'u':
      return leave(joins, a)
    case 'p':
      return enqueue({
        owner,
        conversation,
        size,
        send: sendOf(conversation, received, number(a)),
        joining: working(joins, b),
      })
    case 'q':
      return onRequest(conversation, received, number(a))
    case 'e':
      return enqueue({ owner, conversation, size, send: volatileOf(received), joining: undefined })
    case 'z':
      return enqueue({ owner, conversation, size, send: number(a), joining: undefined })
    case 'a':
      if (typeof a !== 'string') throw bad('a token is text')
      return calls.authenticate(a)
    case 'i':
      return outlet.write('["o"]')
    case 'o':
      return
    case 'x':
      return calls.bye()
    case 'h':
      throw bad('one hello is enough')
    default:
      refused(context.counters, 'unknown_frame')
      if (++conversation.unknown >= mostUnknown) throw bad('unknown frames')
  }
}

/** Everything that has to keep the order of this session's sends goes through its queue. */
function enqueue(turn: SendTurn): void {
  const { conversation } = turn
  conversation.sending++
  if (sendsOf(conversation.context, conversation.session).add(turn)) return
  conversation.sending--
  conversation.calls.overloaded()
}

const owner = {
  take(turn: Turn): Promise<void> | undefined {
    const { conversation, send, joining } = turn as SendTurn
    if (typeof send !== 'number')
      return joining ? joining.then(() => settle(conversation, send)) : settle(conversation, send)
    if (send === conversation.stopped) conversation.stopped = undefined
    return done(conversation)
  },
}

/** Never rejects. */
function settle(conversation: Conversation, send: Send): Promise<void> | undefined {
  const { context, session } = conversation
  if (!isNext(conversation, send.n)) return done(conversation)
  try {
    const outcome = publishOne(context, session, send)
    return outcome instanceof Promise ? wait(conversation, send.n, outcome) : finish(conversation, send.n, outcome)
  } catch (error) {
    context.report(error)
    return done(conversation)
  }
}

async function wait(conversation: Conversation, n: number | undefined, outcome: Promise<SendOutcome>): Promise<void> {
  try {
    tell(conversation, n, await outcome)
  } catch (error) {
    conversation.context.report(error)
  }
  done(conversation)
}

function finish(conversation: Conversation, n: number | undefined, outcome: SendOutcome): undefined {
  tell(conversation, n, outcome)
  return done(conversation)
}

function isNext(conversation: Conversation, n: number | undefined): boolean {
  const { stopped, left } = conversation
  if (n !== undefined && (left || (stopped !== undefined && n > stopped))) return false
  if (n === stopped) conversation.stopped = undefined
  return true
}

function tell(conversation: Conversation, n: number | undefined, outcome: SendOutcome): void {
  if (n === undefined) {
    if (isRefusal(outcome)) refused(conversation.context.counters, outcome.code)
  } else if (isRefusal(outcome)) {
    if (outcome.retryMs !== null) conversation.stopped = n
    nack(conversation, n, outcome)
  } else if (outcome !== undefined) conversation.outlet.ack(n, outcome)
}

function done(conversation: Conversation): undefined {
  conversation.sending--
  conversation.calls.settled()
}

function nack({ context, outlet }: Conversation, n: number, refusal: Refusal): void {
  refused(context.counters, refusal.code)
  outlet.write(nackOf(n, refusal))
}

function onRequest(conversation: Conversation, received: Received, n: number): void {
  const { context, session, outlet } = conversation
  const { frame, size } = received
  const deadline = amount(frame[5], 'd')
  const input = dataOf(frame)
  const asked = {
    n,
    channel: frame[2],
    name: frame[3],
    input,
    size,
    triedAt: triedAt(conversation, received, n),
    deadline,
  }
  const refusal = request(context, session, outlet, asked)
  if (!refusal) return
  nack(conversation, n, refusal)
  // what the client was told did not run must not run when a copy arrives late
  requestsOf(context, session).finish(n, { text: nackOf(n, refusal), bytes: undefined })
}

/** Subscribes and sends without an answer yet. */
export const pendingOf = ({ joins, sending }: Conversation): number => joins.pending + sending

/** @param again the client says once more what has no outcome */
export function endConversation(conversation: Conversation, again = false): void {
  const { session, outlet, joins } = conversation
  conversation.left = again
  session.requests?.leave(outlet)
  endJoins(joins)
}
