import { fetchHandler, isUpgrade, type RequestInfo, refusalOf, viewOf } from './handler'
import type { FetchRealtime } from './realtime'
import { acceptSocket, type StandardSocket } from './socket'

/** The server's end of a pair. */
interface WorkerdSocket extends StandardSocket {
  accept(): void
}
interface Workerd {
  WebSocketPair: new () => { 0: unknown; 1: WorkerdSocket }
}

/**
 * Both transports for workerd, the runtime of Cloudflare Workers, in a Durable Object: what shares channels has to share a memory. It needs
 * the flag `nodejs_compat`, and answers whatever it is given: choose the path before.
 *
 * @example
 * export class Realtime {
 *   live = workerdHandler(createRealtime<Chat>({ channels: { 'room:{id}': { publish: () => true } } }))
 *   fetch(request: Request) {
 *     return this.live(request, { address: request.headers.get('cf-connecting-ip') ?? undefined })
 *   }
 * }
 */
export function workerdHandler({ host }: Pick<FetchRealtime, 'host'>) {
  const poll = fetchHandler({ host })

  return async (request: Request, info: RequestInfo = {}): Promise<Response> => {
    if (!isUpgrade(request)) return poll(request, info)
    const view = viewOf(request, info.address)
    const refused = refusalOf(host, view)
    if (refused) return refused
    const { WebSocketPair } = globalThis as unknown as Workerd
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    acceptSocket(host, server, view)
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  }
}
