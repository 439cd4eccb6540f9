import type { PerAttempt, ReconnectingWebSocketOptions } from './options'

declare global {
  interface SymbolConstructor {
    // as TypeScript's esnext.disposable has it, which not every project loads
    readonly dispose: unique symbol
  }
}

/** The platform's `WebSocket`, and what is added to it. */
// biome-ignore lint/style/noRestrictedGlobals: the type, not the global
export interface ReconnectingWebSocket extends WebSocket {
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
  /** Connections and attempts that failed in a row: 0 after a connection that held for `minUptime`. */
  readonly attempt: number
  /**
   * Dials now: cuts a wait short, replaces the connection there is, reopens a socket that was closed.
   *
   * @param code what to close the connection there is with. Default 1000
   * @throws DOMException as `close` does
   * @example
   * loggedIn.then(() => socket.reconnect())
   */
  reconnect(code?: number, reason?: string): void
  /**
   * The data of all messages from now on, over all connections. It ends when the socket has closed for good or the signal aborts.
   *
   * @throws EverwireError `overflow` if more than 1,000 messages wait to be read
   * @example
   * for await (const data of socket.messages({ signal })) console.log(data)
   */
  messages(options?: { signal?: AbortSignal | undefined }): AsyncIterableIterator<unknown>
  /** The same as `close()`, for `using`. */
  [Symbol.dispose](): void
}

/** What makes a `ReconnectingWebSocket`. */
export interface ReconnectingWebSocketConstructor {
  new (
    url: PerAttempt<string | URL>,
    protocols?: PerAttempt<string | string[]>,
    options?: ReconnectingWebSocketOptions,
  ): ReconnectingWebSocket
  readonly prototype: ReconnectingWebSocket
  readonly CONNECTING: 0
  readonly OPEN: 1
  readonly CLOSING: 2
  readonly CLOSED: 3
}
