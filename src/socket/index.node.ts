import { nodeSocketEnvironment } from '../environment/node'
import type * as api from './api'
import { socketFor } from './socket'

export * from './index'

/** `ReconnectingWebSocket` for Node, which before version 22 takes its connections from the optional peer `ws`, and with `unref` always. */
export const ReconnectingWebSocket: api.ReconnectingWebSocketConstructor = socketFor(nodeSocketEnvironment)
export type ReconnectingWebSocket = api.ReconnectingWebSocket
