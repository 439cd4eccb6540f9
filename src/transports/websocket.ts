import type { Environment, WebSocketConstructor, WebSocketLike } from '../environment/environment'
import { guard } from './guard'
import type { Transport } from './transport'
import { transportUrl } from './url'

const open = 1 // WebSocket.OPEN, which a replacement class may lack

/** Messages over the platform's WebSocket. */
export function createWebSocketTransport(environment: Environment): Transport {
  return {
    name: 'websocket',
    streams: true,
    open: (url, sink, preamble) =>
      guard(sink, (port) => {
        let socket: WebSocketLike | undefined
        return {
          async start() {
            const WebSocket = (await environment.webSocket()) as WebSocketConstructor
            if (!port.alive) return
            // throws where there is none, and for an address or a content security policy it does not like
            socket = new WebSocket(transportUrl(url, environment.base(), 'ws'))
            socket.binaryType = 'arraybuffer'
            // a close follows each error; but the `ws` package throws errors that nobody listens to
            socket.addEventListener('error', () => {})
            socket.addEventListener('close', ({ code, reason }) => port.closed({ code, reason }))
            socket.addEventListener('message', ({ data }) =>
              port.receive(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)),
            )
            socket.addEventListener('open', () => {
              for (const message of preamble()) socket?.send(message)
            })
          },
          write: (message) => message && socket?.readyState === open && socket.send(message),
          release: () => socket?.close(1000),
        }
      }),
  }
}
