import { defaultEnvironment } from './default'
import type { Environment, SocketEnvironment, WebSocketConstructor } from './environment'
import { socketEnvironment } from './socket'
import { unrefFetch, unrefRequest, unrefTimer } from './unref'

/** Options that decide what is taken. */
interface NodeOptions {
  unref?: boolean | undefined
}

/** What a client takes from Node. */
export function nodeEnvironment(options: NodeOptions): Environment {
  const environment = onNode(defaultEnvironment, 1_000_000, options)
  return options.unref ? { ...environment, fetch: () => unrefFetch } : environment
}

/** The same for a bare WebSocket. Other servers have other limits: what `ws` allows by itself is allowed. */
export function nodeSocketEnvironment(options: NodeOptions): SocketEnvironment {
  return onNode(socketEnvironment, 100 * 1024 * 1024, options)
}

/**
 * Node before 22 has no WebSocket of its own: the optional peer `ws` stands in, if it is installed. Node's own cannot be kept from
 * keeping the process alive: with `unref` it is always `ws`.
 */
function onNode<E extends SocketEnvironment>(platform: E, maxPayload: number, { unref }: NodeOptions): E {
  return unref
    ? { ...platform, timer: unrefTimer, webSocket: () => ws({ maxPayload, finishRequest }) }
    : { ...platform, webSocket: () => platform.webSocket() ?? ws({ maxPayload }) }
}

const finishRequest = (request: Parameters<typeof unrefRequest>[0]) => unrefRequest(request).end()

async function ws(options: { maxPayload: number; finishRequest?: unknown }): Promise<WebSocketConstructor | undefined> {
  try {
    const { WebSocket } = await import('ws')
    // a constructor that returns another object: no compression, no giants, and no half a minute of waiting for a dead peer's goodbye
    return function dial(url: string, protocols: string | string[] = []) {
      return new WebSocket(url, protocols, { perMessageDeflate: false, closeTimeout: 2_000, ...options } as object)
    } as unknown as WebSocketConstructor
  } catch {
    return undefined // not installed: long-polling carries on alone
  }
}
