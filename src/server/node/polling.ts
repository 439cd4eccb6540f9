import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CloseName, closeCodes } from '../../protocol/close'
import type { Gone, Host } from '../hosts'
import { readBody } from './body'
import { viewOf } from './view'

/** Answers one request of long-polling, and never leaves a response open. */
export function handleRequest(host: Host, request: IncomingMessage, response: ServerResponse): void {
  const origin = host.origin(viewOf(request))
  const answer = (status: number, body: string, headers?: Headers) =>
    write(host, response, origin, status, body, headers)
  const refuse = (status: number, name: CloseName, reason: string) => answer(status, byeOf(name, reason))
  if (request.method === 'OPTIONS') return preflight(response, host, origin)
  if (origin === undefined) return refuse(403, 'origin', 'this origin may not connect')
  if (request.method !== 'POST') return answer(405, byeOf('bad_frame', 'POST, or a WebSocket'), { Allow: 'POST' })
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') return refuse(415, 'bad_frame', 'no Content-Encoding')
  if (Number(request.headers['content-length']) > host.batchBytes) return refuse(413, 'bad_frame', 'too_big')
  readBody(request, host, (body) => {
    if (body === 'too_big') refuse(413, 'bad_frame', 'too_big')
    else if (body === 'late') refuse(408, 'transient', 'the body came too slowly')
    else if (body === 'cut_off') response.destroy()
    else if (body === 'no_text') refuse(200, 'bad_frame', 'the body is no UTF-8')
    else exchange(host, request, response, body.text, answer)
  })
}

/** While it is held, this is all there is of it: nothing here keeps the body, nor the headers, which are half a dozen strings or two dozen. */
function exchange(
  host: Host,
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
  answer: (status: number, body: string) => void,
): void {
  const gone = goneOf(response)
  const view = viewOf(request)
  request.headers = {}
  request.rawHeaders = []
  host.exchange(view, text, gone).then(
    ({ status, body }) => gone.aborted || answer(status, body),
    () => response.destroy(),
  )
}

/** An AbortSignal would do, at ten times the size. */
function goneOf(response: ServerResponse): Gone {
  let listener: (() => void) | undefined
  const gone = {
    aborted: false,
    addEventListener(_: 'abort', added: () => void) {
      listener = added
    },
    removeEventListener() {
      listener = undefined
    },
  }
  response.on('close', () => {
    gone.aborted = true
    listener?.()
  })
  return gone
}

type Headers = Record<string, string>

/** What a browser has to know, whatever the answer is. */
function common(host: Host, origin: string | undefined): Headers {
  const headers: Headers = { Vary: 'Origin', 'X-Content-Type-Options': 'nosniff' }
  if (origin) headers['Access-Control-Allow-Origin'] = origin
  if (origin && host.credentials) headers['Access-Control-Allow-Credentials'] = 'true'
  return headers
}

/** A client that adds headers of its own, such as one behind a fetch wrapper, asks first. */
function preflight(response: ServerResponse, host: Host, origin: string | undefined): void {
  const headers = common(host, origin)
  if (origin) {
    headers['Access-Control-Allow-Methods'] = 'POST'
    headers['Access-Control-Allow-Headers'] = 'content-type'
    headers['Access-Control-Max-Age'] = '600'
  } else headers.Connection = 'close'
  response.writeHead(origin === undefined ? 403 : 204, headers).end()
}

function byeOf(name: CloseName, reason: string): string {
  return JSON.stringify(['b', closeCodes[name], reason, name === 'origin' || reason === 'too_big' ? null : 1_000])
}

function write(
  host: Host,
  response: ServerResponse,
  origin: string | undefined,
  status: number,
  body: string,
  more: Headers = {},
): void {
  response.writeHead(status, {
    ...common(host, origin),
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
    // whatever is left of a request that was refused is nobody's business any more
    ...(status >= 400 && { Connection: 'close' }),
    ...more,
  })
  response.end(body)
  if (response.closed) return
  const timer = setTimeout(() => response.destroy(), host.answerMs).unref()
  response.on('close', () => clearTimeout(timer))
}
