import { encode, encodeText } from '../protocol/codec'
import type { ServerFrame } from '../protocol/frames'
import { isDeeper, isName, sizeOf } from './check'
import type { ServerContext } from './context'
import { refusalOf } from './hooks'
import { line, type Outlet } from './outlet'
import type { Reply } from './request-log'
import type { RequestContext, RequestRule } from './rules'
import type { Refusal } from './send-queue'
import { requestsOf, type Session, sendsOf } from './session'

/** A client's request, taken out of its frame. */
export interface Request {
  readonly n: number
  readonly channel: unknown
  readonly name: unknown
  readonly input: unknown
  /** Bytes on the wire. */
  readonly size: number
  /** When the client first tried, `clock.now()`; undefined: this is the first try. */
  readonly triedAt: number | undefined
  /** The client waits so many ms. */
  readonly deadline: number | undefined
}

const refusal = (code: string, message = '', retryMs: number | null = null): Refusal => ({ code, message, retryMs })

/** Runs the handler of a request, or finds what an earlier run came to. The reply goes to `outlet`; a refusal is returned. */
export function request(context: ServerContext, session: Session, outlet: Outlet, asked: Request): Refusal | undefined {
  const { n, channel, name, input, size, triedAt, deadline } = asked
  const { limits, clock, dedupeMs, channels } = context
  const log = requestsOf(context, session)
  if (log.join(n, outlet)) return undefined
  if (!isName(channel) || !isName(name))
    return refusal('invalid', 'channel and request: 1–128 of A–Z a–z 0–9 _ - . : @ # /')
  if (size > limits.messageBytes) return refusal('too_big', `at most ${limits.messageBytes} bytes`)
  if (isDeeper(input, limits.depth, size)) return refusal('invalid', `at most ${limits.depth} levels deep`)
  const match = channel.startsWith('@') ? undefined : channels.match(channel)
  if (!match) return refusal('forbidden')
  const rule = match.route.requests.get(name)
  if (!rule) return refusal('unknown_request', 'there is no such request here')
  const begin = Math.max(session.knowsFrom, clock.now() - dedupeMs)
  const forgotten = log.forgotten(n) || (triedAt !== undefined && triedAt < begin)
  if (forgotten && !rule.idempotent) return refusal('unknown', 'nobody can know whether it ran')
  const { rate, byteRate } = sendsOf(context, session)
  const wait = byteRate.take(size) || rate.take()
  if (wait > 0) return refusal('rate', 'too many sends', wait)
  const signal = log.begin(n, outlet, deadline)
  if (!signal) return refusal('overloaded', 'too many requests under way', 1_000)
  context.counters.requests++
  const { user, id } = session
  const idempotencyKey = `${id}:${n}`
  void run(context, rule, { user, id, channel, params: match.params, input, idempotencyKey, signal }, n).then((reply) =>
    log.finish(n, reply),
  )
  return undefined
}

/** Never rejects. */
async function run(context: ServerContext, rule: RequestRule, asked: RequestContext, n: number): Promise<Reply> {
  try {
    return replyOf(context, n, await rule.handler(asked))
  } catch (error) {
    const { code, message, retryMs } = refusalOf(error, 'failed')
    if (code === 'failed') context.report(error)
    return { text: line(['n', n, code, message, retryMs]), bytes: undefined }
  }
}

function replyOf({ limits }: ServerContext, n: number, output: unknown): Reply {
  const frame: ServerFrame = ['r', n, output === undefined ? null : output]
  const text = encodeText(frame)
  if (sizeOf(text) > limits.answerBytes) {
    return { text: line(['n', n, 'too_big', 'the reply is too big', null]), bytes: undefined }
  }
  return { text, bytes: output instanceof Uint8Array ? (encode(frame) as Uint8Array<ArrayBuffer>) : undefined }
}
