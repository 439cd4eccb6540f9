import type { Message } from '../../protocol/frames'
import type { RequestView, SocketHandlers } from '../hosts'
import { fetchHandler, isUpgrade, refusalOf, viewOf } from './handler'
import type { FetchRealtime } from './realtime'

/** What is used of Bun's server. */
export interface BunServer {
  upgrade(request: Request, options: { data: BunData }): boolean
  requestIP(request: Request): { address: string } | null
  timeout(request: Request, seconds: number): void
}

/** What is used of Bun's `ServerWebSocket`. */
export interface BunSocket {
  readonly data: BunData
  readonly readyState: number
  send(data: string | Uint8Array): number
  close(code?: number, reason?: string): void
  terminate(): void
  getBufferedAmount(): number
}

/** What goes with each of its sockets. */
export interface BunData {
  readonly request: RequestView
  handlers?: SocketHandlers
  /** In a row without a message between them. */
  pings: number
  cutOff?: ReturnType<typeof setTimeout>
}

const open = 1
/** As on the other hosts: the library sends none. */
const mostPings = 100
/** A peer that does not answer a close frame is cut off after this, ms. */
const closeMs = 2_000

/**
 * Both transports for `Bun.serve`. `fetch` answers whatever it is given: choose the path before.
 *
 * @example
 * const live = bunHandler(createRealtime<Chat>({ channels: { 'room:{id}': { publish: () => true } } }))
 * Bun.serve({ port: 8080, routes: { '/realtime': live.fetch }, websocket: live.websocket })
 */
export function bunHandler({ host }: Pick<FetchRealtime, 'host'>) {
  const poll = fetchHandler({ host })

  async function fetch(request: Request, server: BunServer): Promise<Response | undefined> {
    const address = server.requestIP(request)?.address
    if (!isUpgrade(request)) {
      server.timeout(request, 0) // a held poll is silent for longer than Bun allows
      return poll(request, { address })
    }
    const view = viewOf(request, address)
    const refused = refusalOf(host, view)
    if (refused) return refused
    if (server.upgrade(request, { data: { request: view, pings: 0 } })) return undefined
    return new Response(null, { status: 400 })
  }

  return {
    fetch,
    websocket: {
      maxPayloadLength: host.batchBytes,
      idleTimeout: 0, // the core pings
      sendPings: false,
      perMessageDeflate: false,
      open(socket: BunSocket) {
        const { data } = socket
        data.handlers = host.accept({
          request: data.request,
          send(message: Message) {
            if (socket.readyState === open) socket.send(message)
          },
          close(code, reason) {
            socket.close(code, reason)
            data.cutOff = setTimeout(() => socket.terminate(), closeMs)
          },
          buffered: () => socket.getBufferedAmount(),
        })
      },
      message({ data }: BunSocket, message: string | Uint8Array) {
        data.pings = 0
        data.handlers?.receive(typeof message === 'string' ? message : new Uint8Array(message))
      },
      ping({ data }: BunSocket) {
        if (++data.pings > mostPings) data.handlers?.abused()
      },
      drain: ({ data }: BunSocket) => data.handlers?.drained(),
      close({ data }: BunSocket) {
        clearTimeout(data.cutOff)
        data.handlers?.closed()
      },
    },
  }
}
