import type { HistoryBounds } from './broker'
import type { RequestView } from './hosts'

type Awaitable<T> = T | Promise<T>

/** Who does something on a channel. */
export interface ChannelContext<User = unknown, Params = Readonly<Record<string, string>>> {
  /** What `authenticate` returned. */
  readonly user: User
  /** Public id of the client object: what others see as `info.from`. */
  readonly id: string
  readonly channel: string
  /** What the pattern's parameters stand for in this name. */
  readonly params: Params
}

/** A client wants to publish. */
export interface PublishContext<User = unknown, Params = Readonly<Record<string, string>>>
  extends ChannelContext<User, Params> {
  readonly event: string
  /** As the client sent it. The contract says what it should be; nobody has checked that yet. */
  readonly data: unknown
  /** True: not stored, not acknowledged. */
  readonly volatile: boolean
  /** The same on every repetition of this send. Undefined if it is volatile. */
  readonly idempotencyKey: string | undefined
}

/** A client asks something. */
export interface RequestContext<User = unknown, Params = Readonly<Record<string, string>>>
  extends ChannelContext<User, Params> {
  /** As the client sent it. */
  readonly input: unknown
  /** The same on every repetition of this request. */
  readonly idempotencyKey: string
  /** Aborted when the client has given up waiting, or will never hear of it. */
  readonly signal: AbortSignal
}

/** A request's handler with what is known about it. */
export interface RequestRule<Context = RequestContext, Output = unknown> {
  handler(context: Context): Awaitable<Output>
  /** True: running it twice does no harm, so that it may run again where the server cannot know whether it did. Default false. */
  idempotent?: boolean | undefined
}

/** What the server does about the channels of one pattern; the core's view of it, without the contract's types. */
export interface ChannelRules {
  subscribe?: ((context: ChannelContext) => unknown) | undefined
  publish?: ((context: PublishContext) => unknown) | undefined
  requests?: Readonly<Record<string, RequestRule['handler'] | RequestRule>> | undefined
  history?: Partial<HistoryBounds> | false | undefined
}

/** Someone says hello. */
export interface AuthContext {
  /** What the client's `auth()` returned; undefined = none. */
  readonly token: string | undefined
  readonly request: RequestView
  /** Says that the token is good for so many ms: the client is asked for a fresh one before that, and let go after. */
  expiresIn(ms: number): void
}
