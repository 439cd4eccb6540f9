import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import type { Message } from '../../protocol/frames'
import type { Host } from '../hosts'
import { createFramer, type Framer } from './framer'
import { viewOf } from './view'

/** Pings of a client per connection, in a row without a message between them: the library sends none. */
const mostPings = 100
/** A peer that does not answer a close frame is cut off after this, ms. */
const closeMs = 2_000

/** The WebSocket side of a host on `node:http`. */
export function createUpgrade(host: Host) {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: host.batchBytes,
    maxFragments: 64,
    maxBufferedChunks: 1_024,
    perMessageDeflate: false,
    clientTracking: false,
    autoPong: true,
    skipUTF8Validation: false,
  } as ConstructorParameters<typeof WebSocketServer>[0])
  const frame = createFramer()

  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (host.origin(viewOf(request)) === undefined) {
      socket.on('error', () => {})
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    server.handleUpgrade(request, socket, head, (webSocket) => serve(host, webSocket, viewOf(request), socket, frame))
  }
}

function serve(host: Host, webSocket: WebSocket, request: ReturnType<typeof viewOf>, socket: Duplex, frame: Framer) {
  webSocket.binaryType = 'nodebuffer'
  let pings = 0
  const handlers = host.accept({
    request,
    send(message) {
      if (webSocket.readyState !== WebSocket.OPEN) return
      // past `ws`, which would frame it anew for each connection; without compression it holds nothing back that could be overtaken
      socket.write(frame(message), 'latin1')
    },
    close(code, reason) {
      webSocket.close(code, reason)
      const timer = setTimeout(() => webSocket.terminate(), closeMs).unref()
      webSocket.on('close', () => clearTimeout(timer))
    },
    buffered: () => webSocket.bufferedAmount,
  })
  webSocket.on('message', (data: Buffer, isBinary) => {
    pings = 0
    handlers.receive(isBinary ? bytesOf(data) : data.toString())
  })
  webSocket.on('ping', () => {
    if (++pings > mostPings) handlers.abused()
  })
  webSocket.on('error', (error: Error & { code?: string }) => {
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') handlers.oversized()
  })
  webSocket.on('close', handlers.closed)
  socket.on('drain', handlers.drained)
}

/** A view of its own: the buffer may be a piece of a pool. */
function bytesOf(data: Buffer): Message {
  return new Uint8Array(data)
}
