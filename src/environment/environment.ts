/** The clock, timers and randomness of a core: real in production, virtual in unit tests and simulation. */
export interface Clock {
  /** Monotonic ms. May stand still while the machine sleeps. */
  now(): number
  /** Wall clock, ms since 1970. Users and NTP set it, but it runs on during sleep. */
  wall(): number
  /** A number in [0, 1). */
  random(): number
  /** Runs `run` once after `ms`; the function returned cancels it. */
  timer(ms: number, run: () => void): () => void
}

/**
 * What a platform may tell about the network: hints, never facts.
 * `up`: a network came or changed · `down`: none is left · `wake`: the page or machine is back from a sleep · `gone`: the page goes for good.
 */
export type Hint = 'up' | 'down' | 'wake' | 'gone'

/** What this library uses of the platform's `WebSocket`. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'open' | 'error', listener: () => void): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void
}
/** A class like the platform's `WebSocket`. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike

/** What this library uses of the platform's `fetch`. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What a bare WebSocket needs of its platform. Looked up when it is needed, so that tests can replace the globals. */
export interface SocketEnvironment extends Clock {
  /** The WebSocket to dial with, or undefined where the platform has none. */
  webSocket(): WebSocketConstructor | undefined | Promise<WebSocketConstructor | undefined>
  /** What a relative URL is relative to: the page's address, or undefined outside a page. */
  base(): string | undefined
  /** False only if the platform is sure that there is no network. */
  online(): boolean
  /** Reports hints until the function returned is called. */
  watch(listener: (hint: Hint) => void): () => void
}

/** Everything the client takes from its platform. */
export interface Environment extends SocketEnvironment {
  /** A fresh secret of 132 random bits: 22 characters of base64url. */
  secret(): string
  fetch(): Fetch | undefined
}
