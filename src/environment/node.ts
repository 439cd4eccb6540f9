import { defaultEnvironment } from './default'
import type { Environment, WebSocketConstructor } from './environment'

/** Node before 22 has no WebSocket of its own: the optional peer `ws` stands in, if it is installed. */
export const nodeEnvironment: Environment = {
  ...defaultEnvironment,
  webSocket: () => defaultEnvironment.webSocket() ?? ws(),
}

async function ws(): Promise<WebSocketConstructor | undefined> {
  try {
    return (await import('ws')).WebSocket as unknown as WebSocketConstructor
  } catch {
    return undefined // not installed: long-polling carries on alone
  }
}
