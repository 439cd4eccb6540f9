import { socketEnvironment } from '../environment/socket'
import type * as api from './api'
import { socketFor } from './socket'

/**
 * The platform's `WebSocket`, but it comes back: the same interface over any number of connections to any WebSocket server. It dials
 * at once, and after each connection or attempt that ends, until it is closed or `retry` says no.
 *
 * Its `readyState` is CONNECTING between connections; each of them has its `open`, its `close` and, if it broke, its `error`. What is sent
 * while it is not open waits in a bounded queue. A plain socket promises at most once: what was under way when a connection broke is
 * gone, and nobody says so. (Delivery without loss needs both sides: that is `createClient`.)
 *
 * @throws DOMException `SyntaxError` if the URL or the protocols are none, as the platform does
 * @throws EverwireError `queue_full`, by `send`
 * @example
 * const feed = new ReconnectingWebSocket('wss://feed.example.com/ticker', [], { heartbeat: { send: 'ping', expect: 'pong' } })
 * feed.addEventListener('open', () => feed.send('{"subscribe":"EURUSD"}'))
 * feed.addEventListener('message', ({ data }) => console.log(data))
 */
export const ReconnectingWebSocket: api.ReconnectingWebSocketConstructor = socketFor(() => socketEnvironment)
export type ReconnectingWebSocket = api.ReconnectingWebSocket

export type { BackoffOptions } from '../connection/backoff'
export type { WebSocketConstructor } from '../environment/environment'
export { EverwireError } from '../shared/errors'
export type { ReconnectingWebSocketConstructor } from './api'
export type * from './options'
