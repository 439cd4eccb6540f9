import type { BackoffOptions } from '../connection/backoff'
import type { WebSocketConstructor } from '../environment/environment'

/** A value, a promise of one, or a function that is asked before each attempt: a fresh ticket in the URL, say. */
export type PerAttempt<T> = T | PromiseLike<T> | (() => T | PromiseLike<T>)

/** What `send` takes. Anything else is sent as its string, as the platform's `WebSocket` does. */
export type SocketData = string | ArrayBufferLike | Blob | ArrayBufferView

/** How a connection, or an attempt at one, ended. */
export interface CloseInfo {
  /** The other side's close code, or 1006: the connection broke, was never there, or was given up by this side. */
  readonly code: number
  readonly reason: string
  /** True if both sides said goodbye. */
  readonly wasClean: boolean
}

/**
 * A question and its answer in the server's own words, because a page cannot send WebSocket pings. Without it a connection that died
 * silently is noticed only when the platform does, which may take minutes, or never.
 *
 * @example
 * new ReconnectingWebSocket(url, [], { heartbeat: { send: 'ping', expect: 'pong' } })
 * new ReconnectingWebSocket(url, [], { heartbeat: { send: () => JSON.stringify({ op: 'ping', at: Date.now() }), timeout: 5_000 } })
 */
export interface SocketHeartbeat {
  /** What to send, or a function that makes it. */
  send: SocketData | (() => SocketData)
  /**
   * The answer, as text or as a function that recognizes it. Answers are not delivered as messages.
   * Whatever arrives counts as a sign of life, this or not. Default: answers are messages like any other.
   */
  expect?: string | ((data: unknown) => boolean) | undefined
  /** ms without anything arriving after which the connection is dead. Default 10,000. */
  timeout?: number | undefined
  /** ms from an answer to the next question. Default 25,000: below the 30 s after which the impatient proxies drop what is idle. */
  interval?: number | undefined
}

/** What waits while the socket is not open. */
export interface SocketQueueOptions {
  /** Most messages. 0 = none: then `send` throws while the socket is not open. Default 1,024. */
  messages?: number | undefined
  /** Most bytes of them. Default 1,000,000. */
  bytes?: number | undefined
  /** What a full queue does with one more: throw `queue_full`, or drop the oldest. Default 'reject'. */
  policy?: 'reject' | 'drop-oldest' | undefined
  /** Told what 'drop-oldest' has dropped. */
  dropped?: ((data: SocketData) => void) | undefined
}

/** Options of `ReconnectingWebSocket`. */
export interface ReconnectingWebSocketOptions {
  /** Used instead of the platform's `WebSocket`, or in Node before 22 instead of the `ws` package. */
  WebSocket?: WebSocketConstructor | undefined
  /** Bounds of the waits between attempts, which are drawn from all between 0 and a bound that doubles ("full jitter"). */
  backoff?: BackoffOptions | undefined
  /** ms after which an attempt that has not opened is given up; includes what URL and protocols take. Default 10,000. */
  connectTimeout?: number | undefined
  /** ms a connection must hold for the count of attempts to begin anew: a server that accepts and kicks is not hammered. Default 5,000. */
  minUptime?: number | undefined
  heartbeat?: SocketHeartbeat | undefined
  queue?: SocketQueueOptions | undefined
  /**
   * Node only: true = the socket does not keep the process alive, as with `unref` of a timer. Connections are those of the package `ws`
   * then; a `WebSocket` given here decides for itself. Default false: `close()` lets the process end.
   *
   * @example
   * const feed = new ReconnectingWebSocket('wss://feed.example.com', [], { unref: true })
   */
  unref?: boolean | undefined
  /**
   * Whether to dial again after a connection or an attempt has ended: false ends the socket for good, a number is how many ms to wait,
   * undefined leaves it to the default: again, unless the code is 1002, 1003, 1007, 1008 or 1010 (the two do not understand each
   * other, and would not the next time).
   *
   * `attempt`: how many have failed in a row, 0 after a connection that held for `minUptime`.
   *
   * @example
   * { retry: ({ code }, attempt) => code !== 4401 && attempt < 10 }
   */
  retry?: ((close: CloseInfo, attempt: number) => boolean | number | undefined) | undefined
}
