import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Gone, Host } from '../hosts'
import { answerOf, earlyAnswer, failedAnswer, type HttpAnswer, type Speech } from '../http'
import { readBody } from './body'
import { viewOf } from './view'

/** Answers one request of long-polling, and never leaves a response open. */
export function handleRequest(host: Host, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request
  const speech = { host, origin: host.origin(viewOf(request)) }
  const length = Number(headers['content-length'])
  const early = earlyAnswer(speech, { method, encoding: headers['content-encoding'], length })
  if (early) return writeTo(response, early, host.answerMs)
  readBody(request, host, (body) => {
    if (body === 'cut_off') response.destroy()
    else if (typeof body === 'string') writeTo(response, failedAnswer(speech, body), host.answerMs)
    else exchange(speech, request, response, body.text)
  })
}

/** While it is held, this is all there is of it: nothing here keeps the body, nor the headers, which are half a dozen strings or two dozen. */
function exchange(
  speech: Speech & { readonly host: Host },
  request: IncomingMessage,
  response: ServerResponse,
  text: string,
): void {
  const { host } = speech
  const gone = goneOf(response)
  const view = viewOf(request)
  request.headers = {}
  request.rawHeaders = []
  host.exchange(view, text, gone).then(
    (given) => gone.aborted || writeTo(response, answerOf(speech, given), host.answerMs),
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

function writeTo(response: ServerResponse, { status, headers, body }: HttpAnswer, answerMs: number): void {
  response.writeHead(status, {
    ...headers,
    ...(status !== 204 && { 'Content-Length': Buffer.byteLength(body) }),
    // whatever is left of a request that was refused is nobody's business any more
    ...(status >= 400 && { Connection: 'close' }),
  })
  response.end(body)
  if (response.closed) return
  const timer = setTimeout(() => response.destroy(), answerMs).unref()
  response.on('close', () => clearTimeout(timer))
}
