import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Clock, Fetch } from './environment'

/** Timers that keep no process alive. */
export const unrefTimer: Clock['timer'] = (ms, run) => {
  const timer = setTimeout(run, ms)
  timer.unref?.() // whoever stands in for Node may have numbers for timers, as browsers do
  return () => clearTimeout(timer)
}

/** Keeps its connection from keeping the process alive. Node waits for one that is being made, whatever anyone says. */
export function unrefRequest(request: ClientRequest): ClientRequest {
  return request.on('socket', (socket) => {
    // a name may stand for several addresses, and the handle for the next one counts again
    if (socket.connecting) socket.once('connect', () => socket.unref())
    // an agent counts a kept-alive one again for each request
    else socket.unref()
  })
}

/**
 * As much of `fetch` as long-polling asks for: text goes out, text comes back, a redirect is an answer like any other. The platform's
 * own keeps the process alive while it waits for an answer, and a poll always does.
 */
export const unrefFetch: Fetch = async (url, { method = 'GET', body, signal }) => {
  // only who uses it loads it
  const { request } = await (url.startsWith('https:') ? import('node:https') : import('node:http'))
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'Content-Type': 'text/plain;charset=UTF-8' }
      const options = { method, headers, ...(signal && { signal }) }
      unrefRequest(request(url, options, resolve))
        .on('error', reject)
        .end(body as string)
    })
    let text = ''
    // a character may come in two pieces: the encoding puts them together
    for await (const piece of response.setEncoding('utf8')) text += piece
    return { status: response.statusCode, text: async () => text } as Response
  } catch (cause) {
    throw signal?.aborted ? signal.reason : cause
  }
}
