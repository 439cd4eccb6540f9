import { defaultEnvironment } from './default'
import type { Environment, SocketEnvironment, WebSocketConstructor } from './environment'
import { socketEnvironment } from './socket'

/** Node before 22 has no WebSocket of its own: the optional peer `ws` stands in, if it is installed. */
export const nodeEnvironment: Environment = {
  ...defaultEnvironment,
  webSocket: () => defaultEnvironment.webSocket() ?? ws(1_000_000),
}

/** The same for a bare WebSocket. Other servers have other limits: what `ws` allows by itself is allowed. */
export const nodeSocketEnvironment: SocketEnvironment = {
  ...socketEnvironment,
  webSocket: () => socketEnvironment.webSocket() ?? ws(100 * 1024 * 1024),
}

async function ws(maxPayload: number): Promise<WebSocketConstructor | undefined> {
  try {
    const { WebSocket } = await import('ws')
    // a constructor that returns another object: no compression, no giants, and no half a minute of waiting for a dead peer's goodbye
    return function dial(url: string, protocols: string | string[] = []) {
      return new WebSocket(url, protocols, { perMessageDeflate: false, maxPayload, closeTimeout: 2_000 } as object)
    } as unknown as WebSocketConstructor
  } catch {
    return undefined // not installed: long-polling carries on alone
  }
}
