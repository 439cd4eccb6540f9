import { encode, encodeText } from '../protocol/codec'
import type { Data } from '../protocol/frames'
import type { PublishResult } from './broker'
import type { Match } from './channels'
import { isDeeper, isName, sizeOf } from './check'
import type { ServerContext } from './context'
import { refusalOf } from './hooks'
import type { StoredMeta } from './outlet'
import type { Refusal, SendQueue } from './send-queue'
import { type Session, sendsOf } from './session'

/** A client's send, taken out of its frame. */
export interface Send {
  readonly channel: unknown
  readonly event: unknown
  readonly data: Data
  /** Bytes on the wire. */
  readonly size: number
  /** undefined: volatile. */
  readonly n: number | undefined
  /** When the client first tried, `clock.now()`; undefined: this is the first try. */
  readonly triedAt: number | undefined
  /** The sender does not want its own event. */
  readonly quiet: boolean
}

/** What became of it: an offset, a refusal, or nothing worth a word. */
export type SendOutcome = number | Refusal | undefined

const refusal = (code: string, message = '', retryMs: number | null = null): Refusal => ({ code, message, retryMs })

/** Decides about one publish of a client. One at a time per session. Never rejects; a promise only where something has to be waited for. */
export function publishOne(context: ServerContext, session: Session, send: Send): SendOutcome | Promise<SendOutcome> {
  const { n } = send
  const sends = sendsOf(context, session)
  if (n === undefined) return admit(context, session, sends, send)
  // a number that was never seen has no record
  const isFresh = send.triedAt === undefined && n > sends.highest
  sends.highest = Math.max(sends.highest, n)
  return isFresh ? admit(context, session, sends, send) : repeat(context, session, sends, send, n)
}

async function repeat(
  context: ServerContext,
  session: Session,
  sends: SendQueue,
  send: Send,
  n: number,
): Promise<SendOutcome> {
  return (await recorded(context, session, sends, send, n)) ?? admit(context, session, sends, send)
}

function admit(
  context: ServerContext,
  session: Session,
  sends: SendQueue,
  send: Send,
): SendOutcome | Promise<SendOutcome> {
  const { n, size } = send
  const now = context.clock.now()
  const wait = sends.byteRate.take(size, now) || sends.rate.take(1, now)
  if (wait > 0) return refusal('rate', 'too many sends', wait)
  const outcome = decide(context, session, send)
  return outcome instanceof Promise ? outcome.then((it) => kept(sends, n, it)) : kept(sends, n, outcome)
}

/** What was refused for good stays refused. */
function kept({ refusals }: SendQueue, n: number | undefined, outcome: SendOutcome): SendOutcome {
  if (n !== undefined && isRefusal(outcome) && outcome.retryMs === null) refusals.keep(n, outcome)
  return outcome
}

export const isRefusal = (outcome: SendOutcome): outcome is Refusal => typeof outcome === 'object'

/** The outcome this send already has. */
async function recorded(
  { broker, clock }: ServerContext,
  session: Session,
  sends: SendQueue,
  send: Send,
  n: number,
): Promise<SendOutcome> {
  const refused = sends.refusals.get(n)
  if (refused) return refused
  if (!isName(send.channel)) return undefined
  try {
    const known = await broker.recorded(send.channel, session.id, n, ageOf(clock, send))
    if (known === 'unknown') return tooOld(sends, n)
    if (known !== undefined) return known
  } catch {
    return unreachable()
  }
  return sends.refusals.forgotten(n) ? tooOld(sends, n) : undefined
}

/** It stays like that: seen from another moment the same send might look like one that surely did not happen. */
function tooOld({ refusals }: SendQueue, n: number): Refusal {
  const outcome = refusal('unknown', 'tried before the records of this server begin')
  refusals.keep(n, outcome)
  return outcome
}

const ageOf = (clock: ServerContext['clock'], { triedAt }: Send) =>
  triedAt === undefined ? undefined : clock.now() - triedAt

/** Waits only for what has to be waited for: most hooks answer at once, and a promise for each step adds up. */
function decide(context: ServerContext, session: Session, send: Send): SendOutcome | Promise<SendOutcome> {
  const { limits, hooks, channels } = context
  if (!isNamed(send)) return refusal('invalid', 'channel and event: 1–128 of A–Z a–z 0–9 _ - . : @ # /')
  const { channel, event, n, data } = send
  if (send.size > limits.messageBytes) return refusal('too_big', `at most ${limits.messageBytes} bytes`)
  if (isDeeper(data, limits.depth, send.size)) return refusal('invalid', `at most ${limits.depth} levels deep`)
  const match = channel.startsWith('@') ? undefined : channels.match(channel)
  if (!match?.route.publish) return refusal('forbidden')
  const { user, id } = session
  const idempotencyKey = n === undefined ? undefined : `${id}:${n}`
  const { params } = match
  let verdict: unknown
  try {
    const asked = { user, id, channel, params, event, data, volatile: n === undefined, idempotencyKey }
    verdict = hooks.timed(match.route.publish(asked))
  } catch (error) {
    return refusalOf(error, 'refused')
  }
  if (!(verdict instanceof Promise)) return perform(context, session, match, send, verdict)
  return verdict.then(
    (said) => perform(context, session, match, send, said),
    (error) => refusalOf(error, 'refused'),
  )
}

/** A send whose names have been looked at. */
interface Named extends Send {
  readonly channel: string
  readonly event: string
}

const isNamed = (send: Send): send is Named => isName(send.channel) && isName(send.event)

function perform(
  context: ServerContext,
  session: Session,
  { route }: Match,
  send: Named,
  verdict: unknown,
): SendOutcome | Promise<SendOutcome> {
  if (verdict === undefined || verdict === null || verdict === false) return refusal('forbidden')
  const data = verdict === true ? send.data : unwrap(verdict)
  if (verdict !== true) {
    const { messageBytes } = context.limits
    const size = measured(context, data)
    if (size === undefined) return refusal('failed')
    if (size > messageBytes) return refusal('too_big', `at most ${messageBytes} bytes`)
  }
  return send.n === undefined
    ? pass(context, session.id, send, data)
    : store(context, session, route, send, send.n, data)
}

/** `{ payload: true }` is how a hook says the boolean. */
function unwrap(verdict: unknown): Data {
  if (typeof verdict !== 'object' || verdict === null || !Object.hasOwn(verdict, 'payload')) return verdict
  const { payload } = verdict as { payload: unknown }
  return Object.keys(verdict).length === 1 && (typeof payload === 'boolean' || payload === null) ? payload : verdict
}

/** Bytes of data on the wire, about; undefined if it is nothing that can be sent. */
export function measured({ report }: Pick<ServerContext, 'report'>, data: unknown): number | undefined {
  if (data instanceof Uint8Array) return data.length
  try {
    const text = JSON.stringify(data) as string | undefined
    if (text !== undefined) return sizeOf(text)
    report(new TypeError('a hook returned what is not JSON'))
  } catch (error) {
    report(error)
  }
  return undefined
}

function pass({ hub, counters }: ServerContext, id: string, { channel, event }: Named, data: Data): undefined {
  const frame = ['m', channel, 0, event, data, { f: `${id}:0` }] as const
  hub.pass(
    channel,
    encodeText(frame),
    data instanceof Uint8Array ? (encode(frame) as Uint8Array<ArrayBuffer>) : undefined,
  )
  counters.volatile++
}

function store(
  context: ServerContext,
  session: Session,
  { history }: Match['route'],
  send: Named,
  n: number,
  data: Data,
): SendOutcome | Promise<SendOutcome> {
  const { broker, clock } = context
  const { id } = session
  const { channel, event, quiet } = send
  const from = `${id}:${n}`
  const meta: StoredMeta = quiet ? { f: from, e: 0 } : { f: from }
  const sender = { id, n, age: ageOf(clock, send) }
  try {
    const result = broker.publish({ channel, event, data, meta, sender, history })
    return result instanceof Promise
      ? result.then((stored) => outcomeOf(context, session, n, stored), unreachable)
      : outcomeOf(context, session, n, result)
  } catch {
    return unreachable()
  }
}

/** It may or may not be in the log; the resend finds out. */
const unreachable = () => refusal('unavailable', 'the log cannot be reached', 1_000)

function outcomeOf(context: ServerContext, session: Session, n: number, result: PublishResult): SendOutcome {
  if (result.kind === 'stale') return refusal('stale', 'a later message of this client came first')
  if (result.kind === 'unknown') return tooOld(sendsOf(context, session), n)
  if (!result.duplicate) context.counters.accepted++
  return result.offset
}
