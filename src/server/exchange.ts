import type { HelloInfo } from '../protocol/frames'
import { createAnswer } from './answer'
import type { Received } from './check'
import type { ConnectionOptions } from './connection'
import { type Conversation, createConversation } from './conversation'
import type { Greeted } from './greeting'
import type { ExchangeAnswer, Gone, RequestView } from './hosts'
import { line } from './outlet'
import type { SessionLink } from './session'
import { byeFrame } from './sessions'

/** A first poll waits so long for slow subscribe hooks before it is answered without them, ms. */
const joinPatienceMs = 250
/** More is coming, wait this long, ms: after a quiet time, and while answers follow each other closely. */
const coalesceQuietMs = 15
const coalesceBusyMs = 40
const busyMs = 250

/** The conversation of one exchange: answered when there is something to say, when everything is settled, or when the hold is over. */
export function converse(
  { context, sessions, greeter }: ConnectionOptions,
  request: RequestView,
  { g, w = 0 }: HelloInfo,
  { session, ticketUntil }: Greeted,
  frames: readonly Received[],
  gone: Gone,
): Promise<ExchangeAnswer> {
  const { clock, counters, limits } = context
  const held = w > 0
  const startedAt = clock.now()
  let conversation: Conversation | undefined
  let leaving = false
  let done = false
  let cancelEnd = () => {}
  let cancelSoon: (() => void) | undefined
  let resolve: (answer: ExchangeAnswer) => void = () => {}
  const answered = new Promise<ExchangeAnswer>((settle) => {
    resolve = settle
  })

  const channels = frames.filter(({ frame }) => frame[0] === 's').length
  const share = Math.max(1_024, limits.answerBytes / 2 / Math.max(channels, 1))
  const answer = createAnswer(limits, share, (patient) => (patient ? soon() : look()))

  /** Something patient was written: more may follow. */
  function soon(): void {
    if (!held || answer.complete()) return look()
    const wait = clock.now() - session.answeredAt < busyMs ? coalesceBusyMs : coalesceQuietMs
    cancelSoon ??= clock.timer(wait, () => {
      cancelSoon = () => {}
      finish()
    })
  }

  let looking = false
  /** Is it time to answer? Asked at the end of the turn, so that what is written together leaves together. */
  function look(): void {
    if (looking || done) return
    looking = true
    context.later(() => {
      looking = false
      if (!done && conversation && isJoined(conversation) && answer.open()) conversation.resume()
      if (!done && isTime()) finish()
    })
  }

  /** All channels have their say about what goes into this answer; those that take long have to do without. */
  function isJoined({ joining }: Conversation): boolean {
    return joining() === 0 || clock.now() - startedAt >= joinPatienceMs
  }

  function isTime(): boolean {
    if (answer.complete() || answer.urgency() === 'now') return true
    const pending = (ticketUntil === undefined || !held ? conversation?.pending() : conversation?.joining()) ?? 0
    const settled = pending === 0 && !conversation?.behind()
    if (!held) return settled
    if (answer.urgency() === undefined) return false
    // what waits in the history leaves together with what cannot wait: else who sends all the time hears nothing
    return settled || clock.now() - startedAt >= joinPatienceMs
  }

  function finish(): void {
    if (done) return
    // a send without an outcome yet: the client is to ask again
    const waits = !held && (conversation?.pending() ?? 0) > 0
    const more = waits || conversation?.behind() || answer.complete()
    close(true)
    const body = answer.text(more, waits ? '["y"]' : line(['i', context.spread()]))
    counters.bytesOut += body.length
    if (held && answer.size() > 0) session.answeredAt = clock.now()
    resolve({ status: 200, body })
  }

  /** @param answered the client has more to say after it: sends without an outcome come once more */
  function close(answered: boolean): void {
    done = true
    cancelEnd()
    cancelSoon?.()
    gone.removeEventListener('abort', abort)
    conversation?.end(answered)
    counters.connections.polling--
    sessions.detach(session, link, leaving)
  }

  function abort(): void {
    if (done) return
    close(false)
    resolve({ status: 200, body: '' })
  }

  /** Says only this, and leaves the rest for the next exchange. */
  function cutShort(text: string): void {
    if (done) return
    close(true)
    resolve({ status: 200, body: text })
  }

  const link: SessionLink = {
    transport: 'polling',
    g,
    write: (text) => answer.write(text),
    drop: (channel, code) => conversation?.drop(channel, code) ?? false,
    end: (name, reason, retryMs) => cutShort(name === 'replaced' ? '["i"]' : byeFrame(name, reason, retryMs)),
  }
  if (channels < 2) answer.open()
  counters.connections.polling++
  sessions.attach(session, link)
  gone.addEventListener('abort', abort)
  if (held) {
    const { newest } = session
    if (newest.polling && newest.polling.g > g) {
      cutShort('["i"]')
      return answered
    }
    const older = newest.polling
    newest.polling = link
    older?.end('replaced', '', 0)
  }
  if (ticketUntil === undefined || greeter.isStale(session, ticketUntil))
    answer.write(greeter.welcome(session, 'polling'))
  conversation = createConversation({
    context,
    session,
    outlet: answer,
    transport: 'polling',
    ticketed: ticketUntil !== undefined,
    settled: look,
    authenticate(token) {
      void greeter
        .renew(session, token, request)
        .then((refusal) => refusal && link.end(refusal.name, refusal.reason, refusal.retryMs))
    },
    bye() {
      leaving = true
      if (session.newest.polling !== link) session.newest.polling?.end('replaced', '', 0)
    },
    overloaded: () => link.end('overloaded', 'too many unsettled sends', 1_000),
  })
  try {
    for (const each of frames) if (!done) conversation.hear(each)
  } catch (error) {
    if (!done) close(false)
    throw error
  }
  // a client takes a link for dead if it hears nothing for a heartbeat and some
  const longest = held
    ? Math.min(w, context.heartbeatMs, Math.round(context.holdMs * (0.95 + clock.random() / 10)))
    : limits.hookMs + 500
  if (!done) {
    const mayWait = channels > 0 || ticketUntil === undefined
    const cancelPatience = mayWait ? clock.timer(joinPatienceMs, look) : () => {}
    const cancelHold = clock.timer(longest, finish)
    cancelEnd = () => {
      cancelPatience()
      cancelHold()
    }
  }
  look()
  return answered
}
