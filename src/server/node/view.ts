import type { IncomingMessage } from 'node:http'
import type { RequestView } from '../hosts'

/** What the core sees of a request. */
export function viewOf(request: IncomingMessage): RequestView {
  return { url: request.url ?? '', headers: request.headers, address: request.socket.remoteAddress }
}

/** The path of a request line, without its query. */
export function pathOf({ url = '' }: IncomingMessage): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
