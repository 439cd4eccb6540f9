import type { ServerFrame } from '../protocol/frames'
import { amount, bad, cursorOf, dataOf, number, option, type Received } from './check'
import type { ServerContext } from './context'
import { createJoins } from './joins'
import { line, type Outlet } from './outlet'
import { publishOne, type SendOutcome } from './publishing'
import { request } from './requests'
import type { Refusal } from './send-queue'
import type { Session, SessionLink } from './session'
import { refused } from './stats'

/** What a client says on one connection, done. The same for a WebSocket and for one exchange of long-polling. */
export interface Conversation {
  /** @throws EverwireError `bad_frame` */
  hear(received: Received): void
  /** Subscribes and publishes without an answer yet. */
  readonly pending: number
  /** Of these the subscribes. */
  readonly joining: number
  /** True while events wait in the history. */
  readonly behind: boolean
  readonly channels: number
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

/** So many frames nobody knows end a connection. */
const mostUnknown = 10

export function createConversation(options: ConversationOptions): Conversation {
  const { context, session, outlet, transport, ticketed, settled } = options
  const joins = createJoins(context, session, outlet, transport, ticketed, settled)
  let sending = 0
  let unknown = 0
  /** A publish that was refused for now: what comes after it has to wait for it. */
  let stopped: number | undefined

  function hear({ frame, size }: Received): void {
    const [op, a, b, c] = frame
    switch (op) {
      case 's':
        return joins.join({ channel: a, cursor: cursorOf(b), rewind: amount(c, 'r') ?? 0 })
      case 'u':
        return joins.leave(a)
      case 'p':
        return onPublish(number(a), b, c, dataOf(frame), frame[5], size)
      case 'q':
        return onRequest(number(a), b, c, dataOf(frame), frame[5], size)
      case 'e':
        return enqueue(size, () =>
          send({ n: undefined, channel: a, event: b, data: dataOf(frame), size, age: undefined, quiet: false }),
        )
      case 'z':
        return onGivenUp(number(a))
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

  function onPublish(n: number, channel: unknown, event: unknown, data: unknown, given: unknown, size: number): void {
    const age = amount(given, 'a')
    const quiet = option(given, 'e') === 0
    // one who subscribes and then publishes wants to see it
    const joining = joins.working(channel)
    enqueue(size, async () => {
      if (joining) await joining
      if (stopped !== undefined && n > stopped) return
      if (n === stopped) stopped = undefined
      conclude(n, await publishOne(context, session, { n, channel, event, data, size, age, quiet }))
    })
  }

  function send(volatile: Parameters<typeof publishOne>[2]): Promise<void> {
    return publishOne(context, session, volatile).then((outcome) => {
      if (typeof outcome === 'object') refused(context.counters, outcome.code)
    })
  }

  function onGivenUp(n: number): void {
    enqueue(0, () => {
      if (n === stopped) stopped = undefined
      return undefined
    })
  }

  /** Everything that has to keep the order of this session's sends goes through here. */
  function enqueue(size: number, run: () => Promise<void> | undefined): void {
    sending++
    const taken = session.sends.add({
      size,
      run() {
        const done = run()
        return done ? done.then(sent, failed) : sent()
      },
    })
    if (taken) return
    sending--
    options.overloaded()
  }

  function sent(): undefined {
    sending--
    settled()
  }

  function failed(error: unknown): void {
    context.report(error)
    sent()
  }

  function conclude(n: number, outcome: SendOutcome): void {
    if (typeof outcome === 'number') return outlet.ack(n, outcome)
    if (!outcome) return
    if (outcome.retryMs !== null) stopped = n
    nack(n, outcome)
  }

  function nack(n: number, { code, message, retryMs }: Refusal): void {
    refused(context.counters, code)
    outlet.write(line(['n', n, code, message, retryMs] satisfies ServerFrame))
  }

  function onRequest(n: number, channel: unknown, name: unknown, input: unknown, given: unknown, size: number): void {
    const asked = { n, channel, name, input, size, age: amount(given, 'a'), deadline: amount(given, 'd') }
    const refusal = request(context, session, outlet, asked)
    if (refusal) nack(n, refusal)
  }

  return {
    hear,
    get pending() {
      return joins.pending + sending
    },
    get joining() {
      return joins.pending
    },
    get behind() {
      return joins.behind
    },
    get channels() {
      return joins.size
    },
    resume: joins.resume,
    drop: joins.drop,
    end() {
      session.requests.leave(outlet)
      joins.end()
    },
  }
}
