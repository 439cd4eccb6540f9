import type { Status } from '../connection/state'
import type { Fetch, WebSocketConstructor } from '../environment/environment'
import type { GapReason } from '../protocol/frames'
import type { Auth } from '../session/credentials'
import type { QueueOptions } from '../session/outbox'
import type { EverwireError } from '../shared/errors'

/** What comes with each event. */
export interface EventInfo {
  /** Place in the channel's stream, from 1; 0 for a volatile event, which has none. */
  readonly offset: number
  /** Public id of the client that published it; undefined: the server did. */
  readonly from: string | undefined
  /** True if this very client object published it. */
  readonly own: boolean
  /** The sender's number for it: the `id` of the promise that its `publish` returned. */
  readonly id: number | undefined
}

/** A publish that is in the channel's log. */
export interface Accepted {
  readonly offset: number
  /** This client's number for it: the `info.id` of its event. */
  readonly id: number
}

/** Options of `channel.publish`. */
export interface PublishOptions {
  /** Gives the send up: before its first try it counts as rejected, after that as unknown. */
  signal?: AbortSignal | undefined
  /** ms after which to give it up. Default: never; it stays queued until the server has answered. */
  timeout?: number | undefined
  /** False: do not deliver it to this client's own listeners. Default true. */
  echo?: boolean | undefined
  /** True: now or never. Not queued, not repeated, not stored; `publish` returns whether it was sent. Default false. */
  volatile?: boolean | undefined
}

/** Options of `channel.request`. */
export interface RequestOptions {
  /** Gives the request up. */
  signal?: AbortSignal | undefined
  /** ms until it is given up. Default 10,000. */
  timeout?: number | undefined
}

/** Continuity was lost: events between the last one delivered and the next one are missing here. */
export interface GapInfo {
  /** `trimmed`: away longer than the history reaches · `epoch`: the server lost its memory · `truncated`, `ahead`: it lost the end of it · `overload`: too slow. */
  readonly reason: GapReason
  /** How many events, or null if nobody can know. */
  readonly missed: number | null
}

/** A frozen snapshot of a channel. */
export type ChannelState =
  | { readonly status: 'idle' }
  | { readonly status: 'joining' }
  | { readonly status: 'joined' }
  /** The server refused or ended the subscription. `retryAt`: when it is tried again, ms since 1970; absent = not by itself. */
  | {
      readonly status: 'denied'
      readonly code: string
      readonly message: string
      readonly retryAt?: number | undefined
    }

/** A channel that was refused or ended by the server. */
export type Denied = ChannelState & { status: 'denied' }

/** A frozen snapshot; a new object whenever something changes. */
export interface ClientState {
  readonly status: Status
  /** What carries the messages; only while connected. */
  readonly transport?: 'websocket' | 'polling' | undefined
  /** Failed attempts in a row. */
  readonly attempt: number
  /** While waiting: when the next attempt comes, ms since 1970. */
  readonly retryAt?: number | undefined
  /** The last thing that went wrong. Cleared by the next connection. */
  readonly error?: EverwireError | undefined
  /** Smoothed round trip, ms. */
  readonly rtt?: number | undefined
  /** Publishes and requests without an outcome. */
  readonly pending: number
}

/** Options of `createClient`. */
export interface ClientOptions {
  /** Where the server is attached: http(s), ws(s), or in a page relative. Both transports derive their URL from it. */
  url: string
  /** Asked once per attempt; what it returns travels in the hello, never in a URL. Nothing = anonymous. */
  auth?: Auth | undefined
  /** Used instead of the platform's `WebSocket`. */
  WebSocket?: WebSocketConstructor | undefined
  /** Used instead of the platform's `fetch`. */
  fetch?: Fetch | undefined
  /** Which transports to use, in order of preference. Default `['websocket', 'polling']`. */
  transports?: readonly ('websocket' | 'polling')[] | undefined
  /**
   * Sends one HTTP hello beside the WebSocket dial: the first event comes at the physical limit, for one request more per connect.
   * False: long-polling starts 400 ms after WebSocket. Default true.
   */
  quickHello?: boolean | undefined
  /** The offline send queue. */
  queue?: Partial<QueueOptions> | undefined
  /** Sends cookies with both transports; the server must have `credentials: true` too. Default false. */
  credentials?: boolean | undefined
  /**
   * Node only: true = the client does not keep the process alive, as with `unref` of a timer. What is unsettled when the process ends
   * is lost. WebSocket is that of the package `ws` then, long-polling goes by `node:http`; a `WebSocket` or `fetch` given here decides
   * for itself. Default false: `close()` lets the process end.
   *
   * @example
   * const client = createClient({ url, unref: true })
   * client.channel('builds').on('cancel', () => process.exit(1))
   * await build() // then the process ends, connected or not
   */
  unref?: boolean | undefined
  /** The debug stream, from `createDebug` of `everwire/inspector`: `client.debug` and the inspector need it. Default: none. */
  debug?: Debug | undefined
}

/** Sees the parts of a client when they are made, and may put others in their place. */
export interface Debug {
  wrap<T extends object>(part: T): T
}

interface OfTransport {
  readonly transport: 'websocket' | 'polling'
}
interface WithReason extends OfTransport {
  /** One of the close codes, or a WebSocket close code such as 1006. */
  readonly code: number
  readonly reason: string
}
interface WithFrame extends OfTransport {
  /** Of the protocol, without token, ticket and secret. */
  readonly frame: readonly unknown[]
}

interface DebugEvents {
  /** A transport is being dialled. */
  dial: OfTransport
  /** The server has welcomed it. */
  open: OfTransport
  /** It ended before its welcome. */
  fail: WithReason
  /** It ended after its welcome. */
  lost: WithReason
  send: WithFrame
  receive: WithFrame
  /** Status, transport or attempt changed. */
  state: { readonly state: ClientState }
  channel: { readonly channel: string; readonly state: ChannelState }
  gap: GapInfo & { readonly channel: string }
}

/**
 * Something that happened inside, for logs and the inspector: `dial`, `open`, `fail`, `lost` of a transport, `send` and `receive` of a
 * frame, `state` of the client, `state` and `gap` of a channel. Holds data of the app, but never a token, a ticket or the secret.
 */
export type DebugEvent = {
  /** `at`: monotonic ms, as `performance.now()`. */
  [T in keyof DebugEvents]: { readonly at: number; readonly type: T } & DebugEvents[T]
}[keyof DebugEvents]
