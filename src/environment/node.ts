import { defaultEnvironment } from './default'
import type { Environment, WebSocketConstructor } from './environment'

/** Node before 22 has no WebSocket of its own: the optional peer `ws` stands in, if it is installed. */
export const nodeEnvironment: Environment = {
  ...defaultEnvironment,
  webSocket: () => defaultEnvironment.webSocket() ?? ws(),
}

async function ws(): Promise<WebSocketConstructor | undefined> {
  try {
    const { WebSocket } = await import('ws')
    // a constructor that returns another object: no compression, no giants, and no half a minute of waiting for a dead peer's goodbye
    return function dial(url: string, protocols: string | string[] = []) {
      return new WebSocket(url, protocols, {
        perMessageDeflate: false,
        maxPayload: 1_000_000,
        closeTimeout: 2_000,
      } as object)
    } as unknown as WebSocketConstructor
  } catch {
    return undefined // not installed: long-polling carries on alone
  }
}
