import type { Environment } from '../environment/environment'
import { closeCodes } from '../protocol/close'
import { guard, type Ports } from './guard'
import type { Preamble, Transport } from './transport'
import { transportUrl } from './url'

const open = 1 // WebSocket.OPEN, which a replacement class may lack

/** Messages over the platform's WebSocket. */
export function createWebSocketTransport(environment: Environment): Transport {
  async function dial(
    url: string,
    preamble: Preamble,
    { alive, opened, receive, closed, release }: Ports,
  ): Promise<void> {
    try {
      const WebSocket = await environment.webSocket()
      if (!alive()) return
      if (!WebSocket) return closed({ code: closeCodes.transient, reason: 'this platform has no WebSocket' })
      const socket = new WebSocket(transportUrl(url, environment.base(), 'ws'))
      socket.binaryType = 'arraybuffer'
      // a close follows each error; but the `ws` package throws errors that nobody listens to
      socket.addEventListener('error', () => {})
      socket.addEventListener('close', ({ code, reason }) => closed({ code, reason: String(reason) }))
      socket.addEventListener('message', ({ data }) => {
        receive(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer))
      })
      socket.addEventListener('open', () => {
        if (!alive()) return
        for (const message of preamble(null)) socket.send(message)
        opened((message) => message && socket.readyState === open && socket.send(message))
      })
      release(() => socket.close(1000))
    } catch (cause) {
      // the constructor throws for a URL or a content security policy it does not like
      closed({ code: closeCodes.transient, reason: String(cause) })
    }
  }

  return {
    name: 'websocket',
    streams: true,
    open: (url, sink, signal, preamble) => guard(sink, signal, (ports) => void dial(url, preamble, ports)),
  }
}
