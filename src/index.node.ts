import { clientFor } from './create'
import { nodeEnvironment } from './environment/node'

export * from './index'

/** `createClient` for Node, which before version 22 takes its WebSocket from the optional peer `ws`, and with `unref` always. */
export const createClient: ReturnType<typeof clientFor> = (options) => clientFor(nodeEnvironment(options))(options)
