import { type CloseName, closeCodes } from '../protocol/close-codes'
import type { ExchangeAnswer, Host } from './hosts'

/** An answer of long-polling. Its length, and what becomes of the connection, are the host's to say. */
export interface HttpAnswer extends ExchangeAnswer {
  readonly headers: Readonly<Record<string, string>>
}

/** What is known of a request before its body. */
export interface RequestHead {
  readonly method: string | undefined
  readonly encoding: string | undefined
  /** Bytes, as announced; NaN if they were not. */
  readonly length: number
}

/** Why there is no body. */
export type BodyFailure = 'too_big' | 'late' | 'no_text'

/** What long-polling has to know to speak HTTP, on every host. A parked poll keeps one: a record, and what it says are functions. */
export interface Speech {
  readonly host: Pick<Host, 'credentials' | 'batchBytes'>
  /** What `host.origin` made of the request. */
  readonly origin: string | undefined
}

/** What a browser has to know, whatever the answer is. */
function common({ host, origin }: Speech): Record<string, string> {
  const headers: Record<string, string> = { Vary: 'Origin', 'X-Content-Type-Options': 'nosniff' }
  if (origin) headers['Access-Control-Allow-Origin'] = origin
  if (origin && host.credentials) headers['Access-Control-Allow-Credentials'] = 'true'
  return headers
}

export function answerOf(
  speech: Speech,
  { status, body }: ExchangeAnswer,
  more?: Readonly<Record<string, string>>,
): HttpAnswer {
  const headers = {
    ...common(speech),
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
    ...more,
  }
  return { status, body, headers }
}

const refuse = (speech: Speech, status: number, name: CloseName, reason: string) =>
  answerOf(speech, { status, body: byeOf(name, reason) })

/** A client that adds headers of its own, such as one behind a fetch wrapper, asks first. */
function preflight(speech: Speech): HttpAnswer {
  const { origin } = speech
  const headers = common(speech)
  if (origin) {
    headers['Access-Control-Allow-Methods'] = 'POST'
    headers['Access-Control-Allow-Headers'] = 'content-type'
    headers['Access-Control-Max-Age'] = '600'
  }
  return { status: origin === undefined ? 403 : 204, body: '', headers }
}

/** The answer to a request whose body is not wanted. */
export function earlyAnswer(speech: Speech, { method, encoding, length }: RequestHead): HttpAnswer | undefined {
  if (method === 'OPTIONS') return preflight(speech)
  if (speech.origin === undefined) return refuse(speech, 403, 'origin', 'this origin may not connect')
  if (method !== 'POST')
    return answerOf(speech, { status: 405, body: byeOf('bad_frame', 'POST, or a WebSocket') }, { Allow: 'POST' })
  if (encoding !== undefined && encoding !== 'identity') return refuse(speech, 415, 'bad_frame', 'no Content-Encoding')
  return length > speech.host.batchBytes ? refuse(speech, 413, 'bad_frame', 'too_big') : undefined
}

export function failedAnswer(speech: Speech, body: BodyFailure): HttpAnswer {
  if (body === 'too_big') return refuse(speech, 413, 'bad_frame', 'too_big')
  if (body === 'late') return refuse(speech, 408, 'transient', 'the body came too slowly')
  return refuse(speech, 200, 'bad_frame', 'the body is no UTF-8')
}

function byeOf(name: CloseName, reason: string): string {
  return JSON.stringify(['b', closeCodes[name], reason, name === 'origin' || reason === 'too_big' ? null : 1_000])
}
