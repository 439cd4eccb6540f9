import type { IncomingMessage, ServerResponse } from 'node:http'
import { type CloseName, closeCodes } from '../../protocol/close'
import type { Host } from '../hosts'
import { viewOf } from './view'

/** A client has this long to send its body, ms. */
const bodyMs = 10_000
/** And this long to take the answer. */
const answerMs = 20_000

/** Answers one request of long-polling. Never rejects, and never leaves a response open. */
export async function handleRequest(host: Host, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const origin = host.origin(viewOf(request))
  response.setHeader('Vary', 'Origin')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  if (origin) {
    response.setHeader('Access-Control-Allow-Origin', origin)
    if (host.credentials) response.setHeader('Access-Control-Allow-Credentials', 'true')
  }
  if (request.method === 'OPTIONS') return preflight(response, origin)
  if (origin === undefined) return refuse(response, 403, 'origin', 'this origin may not connect')
  if (request.method !== 'POST') {
    response.setHeader('Allow', 'POST')
    return refuse(response, 405, 'bad_frame', 'POST, or a WebSocket')
  }
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    return refuse(response, 415, 'bad_frame', 'no Content-Encoding')
  if (Number(request.headers['content-length']) > host.batchBytes) return refuse(response, 413, 'bad_frame', 'too_big')
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    const body = await readBody(request, host.batchBytes)
    if (body === 'too_big') return refuse(response, 413, 'bad_frame', 'too_big')
    if (body === 'late') return refuse(response, 408, 'transient', 'the body came too slowly')
    const text = decodeText(body)
    if (text === undefined) return refuse(response, 200, 'bad_frame', 'the body is no UTF-8')
    const { status, body: answer } = await host.exchange(viewOf(request), text, gone.signal)
    if (!gone.signal.aborted) write(response, status, answer)
  } catch {
    // the client went away in the middle of its body
    response.destroy()
  }
}

/** A client that adds headers of its own, such as one behind a fetch wrapper, asks first. */
function preflight(response: ServerResponse, origin: string | undefined): void {
  if (origin) {
    response.setHeader('Access-Control-Allow-Methods', 'POST')
    response.setHeader('Access-Control-Allow-Headers', 'content-type')
    response.setHeader('Access-Control-Max-Age', '600')
  }
  response.writeHead(origin === undefined ? 403 : 204).end()
}

function refuse(response: ServerResponse, status: number, name: CloseName, reason: string): void {
  // whatever is left of the request is nobody's business any more
  if (status >= 400) response.setHeader('Connection', 'close')
  const fatal = name === 'origin' || reason === 'too_big'
  write(response, status, JSON.stringify(['b', closeCodes[name], reason, fatal ? null : 1_000]))
}

function write(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store, no-transform',
    'X-Accel-Buffering': 'no',
  })
  response.end(body)
  const timer = setTimeout(() => response.destroy(), answerMs).unref()
  response.on('close', () => clearTimeout(timer))
}

/** The body, or why there is none. Rejects if the request is cut off. */
function readBody(request: IncomingMessage, most: number): Promise<Buffer | 'too_big' | 'late'> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const timer = setTimeout(() => end('late'), bodyMs).unref()
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > most) end('too_big')
      else chunks.push(chunk)
    }
    const onEnd = () => end(Buffer.concat(chunks, size))
    const onClose = () => {
      clearTimeout(timer)
      reject(new Error('cut off'))
    }
    const end = (result: Buffer | 'too_big' | 'late') => {
      clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      resolve(result)
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

function decodeText(body: Buffer): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}
