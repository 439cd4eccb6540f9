import { amount, bad, cursorOf, dataOf, number, option, type Received } from './check'
import type { ServerContext } from './context'
import { createJoins } from './joins'
import { line, type Outlet } from './outlet'
import { isRefusal, publishOne, type Send, type SendOutcome } from './publishing'
import { request } from './requests'
import type { Refusal, Turn } from './send-queue'
import { requestsOf, type Session, type SessionLink, sendsOf } from './session'
import { refused } from './stats'

/** What a client says on one connection, done. The same for a WebSocket and for one exchange of long-polling. */
export interface Conversation {
  /** @throws EverwireError `bad_frame` */
  hear(received: Received): void
  /** Subscribes and publishes without an answer yet. */
  pending(): number
  /** Of these the subscribes. */
  joining(): number
  /** True while events wait in the history. */
  behind(): boolean
  /** The outlet was full and is no more. */
  resume(): void
  drop(channel: string, code: string): boolean
  end(): void
}

export interface ConversationOptions {
  context: ServerContext
  session: Session
  outlet: Outlet
  transport: SessionLink['transport']
  /** A poll with a ticket. */
  ticketed: boolean
  /** `pending` or `behind` may have changed. */
  settled(): void
  /** A fresh token. */
  authenticate(token: string): void
  bye(): void
  /** The client goes far beyond its limits. */
  overloaded(): void
}

const nackOf = (n: number, { code, message, retryMs }: Refusal) => line(['n', n, code, message, retryMs])

interface SendTurn extends Turn {
  /** A publish or a volatile event; or the number of a publish that was given up. */
  readonly send: Send | number
  /** One who subscribes and then publishes wants to see it. */
  readonly joining: Promise<void> | undefined
}

function sendOf(received: Received, n: number): Send {
  const { frame, size } = received
  const quiet = option(frame[5], 'e') === 0
  return { n, channel: frame[2], event: frame[3], data: dataOf(frame), size, triedAt: triedAt(received), quiet }
}

function triedAt({ frame, at }: Received): number | undefined {
  const age = amount(frame[5], 'a')
  return age === undefined ? undefined : at - age
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

export function createConversation(options: ConversationOptions): Conversation {
  const { context, session, outlet, transport, ticketed, settled } = options
  const joins = createJoins(context, session, outlet, transport, ticketed, settled)
  let sending = 0
  let unknown = 0
  /** A publish that was refused for now: what comes after it has to wait for it. */
  let stopped: number | undefined

  function hear(received: Received): void {
    const { frame, size } = received
    const [op, a, b, c] = frame
    switch (op) {
      case 's':
        return joins.join({ channel: a, cursor: cursorOf(b), rewind: amount(c, 'r') ?? 0 })
      case 'u':
        return joins.leave(a)
      case 'p':
        return enqueue({ owner, size, send: sendOf(received, number(a)), joining: joins.working(b) })
      case 'q':
        return onRequest(received, number(a))
      case 'e':
        return enqueue({ owner, size, send: volatileOf(received), joining: undefined })
      case 'z':
        return enqueue({ owner, size, send: number(a), joining: undefined })
      case 'a':
        if (typeof a !== 'string') throw bad('a token is text')
        return options.authenticate(a)
      case 'i':
        return outlet.write('["o"]')
      case 'o':
        return
      case 'x':
        return options.bye()
      case 'h':
        throw bad('one hello is enough')
      default:
        refused(context.counters, 'unknown_frame')
        if (++unknown >= mostUnknown) throw bad('unknown frames')
    }
  }

  /** Everything that has to keep the order of this session's sends goes through its queue. */
  function enqueue(turn: SendTurn): void {
    sending++
    if (sendsOf(context, session).add(turn)) return
    sending--
    options.overloaded()
  }

  const owner = {
    take(turn: Turn): Promise<void> | undefined {
      const { send, joining } = turn as SendTurn
      if (typeof send === 'number') {
        if (send === stopped) stopped = undefined
        return done()
      }
      return settle(send, joining)
    },
  }

  /** Never rejects. */
  async function settle(send: Send, joining: Promise<void> | undefined): Promise<void> {
    const { n } = send
    try {
      if (joining) await joining
      if (isNext(n)) tell(n, await publishOne(context, session, send))
    } catch (error) {
      context.report(error)
    }
    done()
  }

  function isNext(n: number | undefined): boolean {
    if (n !== undefined && stopped !== undefined && n > stopped) return false
    if (n === stopped) stopped = undefined
    return true
  }

  function tell(n: number | undefined, outcome: SendOutcome): void {
    if (n === undefined) {
      if (isRefusal(outcome)) refused(context.counters, outcome.code)
    } else if (isRefusal(outcome)) {
      if (outcome.retryMs !== null) stopped = n
      nack(n, outcome)
    } else if (outcome !== undefined) outlet.ack(n, outcome)
  }

  function done(): undefined {
    sending--
    settled()
  }

  function nack(n: number, refusal: Refusal): void {
    refused(context.counters, refusal.code)
    outlet.write(nackOf(n, refusal))
  }

  function onRequest(received: Received, n: number): void {
    const { frame, size } = received
    const deadline = amount(frame[5], 'd')
    const input = dataOf(frame)
    const asked = { n, channel: frame[2], name: frame[3], input, size, triedAt: triedAt(received), deadline }
    const refusal = request(context, session, outlet, asked)
    if (!refusal) return
    nack(n, refusal)
    // what the client was told did not run must not run when a copy arrives late
    requestsOf(context, session).finish(n, { text: nackOf(n, refusal), bytes: undefined })
  }

  return {
    hear,
    pending: () => joins.pending() + sending,
    joining: joins.pending,
    behind: joins.behind,
    resume: joins.resume,
    drop: joins.drop,
    end() {
      session.requests?.leave(outlet)
      joins.end()
    },
  }
}
