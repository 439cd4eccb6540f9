/** From the client to the target is up, from the target to the client is down. */
export type Direction = 'up' | 'down'

/**
 * How a request comes to grief: refused unseen · answered, but a 504 instead of the answer · answer cut midway · connection reset
 * unseen · request swallowed, answer swallowed: both leave the client waiting on an open connection.
 */
export type Failure = 502 | 504 | 'cut' | 'reset' | 'lose-request' | 'lose-answer'

export interface RequestFacts {
  readonly method: string
  readonly url: string
  readonly body: string
}

/** What the proxy does. All may change while it runs; those of a tunnel hold for the tunnels opened afterwards. */
export interface FaultRules {
  /** A new TCP connection is served, reset at once, or accepted and left unserved until this is `pass` again. */
  accept: 'pass' | 'reset' | 'hang'
  /** An upgrade request is passed on, answered with this status, passed on without its upgrade headers, or never answered. */
  upgrade: 'pass' | 'strip' | 'hang' | number
  /** Directions in which an opened tunnel delivers nothing, although the handshake passed. */
  silent: Direction | 'both' | null
  /** ms after its handshake at which a tunnel is reset. */
  resetAfter: number | null
  /** A tunnel is reset when this many bytes after the handshake were delivered in that direction. */
  cutAfter: { direction: Direction; bytes: number } | null
  /** What becomes of a tunnel without a byte for `after` ms; `silence` is a NAT that forgot: no FIN, no RST. */
  idle: { after: number; action: 'silence' | 'reset' | 'end' } | null
  /** ms each way; the order is kept. A new connection costs one round trip first, as its TCP handshake would. */
  latency: { up: number; down: number }
  /** Answers are held until they are complete. */
  buffer: boolean
  /** ms without a byte of the answer after which it is a 504, or cut when it had begun. */
  responseIdle: number | null
  /** This share of the HTTP requests, 0 to 100, fails in one of these ways; seeded. */
  fail: { percent: number; how: readonly Failure[] } | null
  /** A captive portal answers everything: with a page and 200, or with a redirect to its login. */
  portal: 'page' | 'redirect' | null
  /** Bodies of answers lose what is beyond `bytes`: `clean` looks complete, `abrupt` ends before its announced length. */
  truncate: { bytes: number; how: 'clean' | 'abrupt' } | null
  /** Each HTTP request is sent to the target twice, as by a proxy that retries; the client gets this one's answer. */
  duplicate: 'first' | 'second' | null
  /** HTTP requests wait for so many ms, or for this to resolve, before they go on; also when their client has gone meanwhile. */
  delay: number | Promise<unknown> | null
  /** Which HTTP requests `buffer`, `responseIdle`, `fail`, `truncate`, `duplicate` and `delay` are about; null is all. Asked once for each. */
  only: ((request: RequestFacts) => boolean) | null
}

/** A proxy that does no harm. */
export const harmless: FaultRules = {
  accept: 'pass',
  upgrade: 'pass',
  silent: null,
  resetAfter: null,
  cutAfter: null,
  idle: null,
  latency: { up: 0, down: 0 },
  buffer: false,
  responseIdle: null,
  fail: null,
  portal: null,
  truncate: null,
  duplicate: null,
  delay: null,
  only: null,
}
