import type { Message } from '../protocol/frames'

/** What a hook may see of the HTTP request that opened a connection. Cookies are there only with `credentials: true`. */
export interface RequestView {
  /** Path and query, as sent. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** The peer's address, if the host knows it. Behind a proxy this is the proxy's. */
  readonly address: string | undefined
}

/** What a host offers for each WebSocket it has accepted. */
export interface HostSocket {
  readonly request: RequestView
  send(message: Message): void
  close(code: number, reason: string): void
  /** Bytes handed to `send` that the network has not taken yet. */
  buffered(): number
}

/** What the host tells the core about that WebSocket. */
export interface SocketHandlers {
  receive(message: Message): void
  /** The buffer has emptied. */
  drained(): void
  closed(): void
  /** More control frames than anyone needs, or another reason to think ill of the peer. */
  abused(): void
  /** A message passed the host's own bound, so that it was never read. */
  oversized(): void
}

/** Tells when the client has gone away in the middle of an exchange. An `AbortSignal` is one. */
export type Gone = Pick<AbortSignal, 'aborted'> & {
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

/** The answer to one exchange of long-polling. The body consists of frames. */
export interface ExchangeAnswer {
  readonly status: number
  readonly body: string
}

/**
 * The seam between the core and whatever carries it: `node:http` and `ws`, a fetch-style runtime, the simulator.
 *
 * @example
 * const handlers = host.accept({ request, send, close, buffered })
 * socket.on('message', handlers.receive)
 */
export interface Host {
  accept(socket: HostSocket): SocketHandlers
  exchange(request: RequestView, body: string, gone: Gone): Promise<ExchangeAnswer>
  /** The value for `Access-Control-Allow-Origin`, `''` if the request names no origin, or undefined if its origin is refused. */
  origin(request: RequestView): string | undefined
  /** Whether cookies are allowed, for `Access-Control-Allow-Credentials`. */
  readonly credentials: boolean
  /** Largest message or body, bytes. */
  readonly batchBytes: number
  /** How long a client may take to send a body, ms. */
  readonly bodyMs: number
  /** How long it may take to read an answer, ms. */
  readonly answerMs: number
}
