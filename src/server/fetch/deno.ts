import { fetchHandler, isUpgrade, refusalOf, viewOf } from './handler'
import type { FetchRealtime } from './realtime'
import { acceptSocket, type StandardSocket } from './socket'

interface DenoNamespace {
  upgradeWebSocket(
    request: Request,
    options: { idleTimeout: number },
  ): { socket: StandardSocket & EventTarget; response: Response }
}

/** What `Deno.serve` tells of a connection; other kinds than TCP have no address. */
export interface DenoInfo {
  readonly remoteAddr: { readonly transport: string; readonly hostname?: string }
}

/**
 * Both transports for `Deno.serve`. It answers whatever it is given: choose the path before.
 *
 * @example
 * const live = denoHandler(createRealtime<Chat>({ channels: { 'room:{id}': { publish: () => true } } }))
 * Deno.serve((request, info) => (new URL(request.url).pathname === '/realtime' ? live(request, info) : app(request)))
 */
export function denoHandler({ host }: Pick<FetchRealtime, 'host'>) {
  const poll = fetchHandler({ host })

  return async (request: Request, info?: DenoInfo): Promise<Response> => {
    const address = info?.remoteAddr.hostname
    if (!isUpgrade(request)) return poll(request, { address })
    const view = viewOf(request, address)
    const refused = refusalOf(host, view)
    if (refused) return refused
    try {
      const { Deno } = globalThis as unknown as { Deno: DenoNamespace }
      // the core pings
      const { socket, response } = Deno.upgradeWebSocket(request, { idleTimeout: 0 })
      socket.addEventListener('open', () => acceptSocket(host, socket, view))
      return response
    } catch {
      return new Response(null, { status: 400 }) // no handshake, or a bad one
    }
  }
}
