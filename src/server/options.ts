import type { EventsOf, Params, PatternsOf, RequestsOf } from '../shared/contract'
import type { Broker, HistoryBounds } from './broker'
import type { ServerLimits } from './limits'
import type { AuthContext, ChannelContext, PublishContext, RequestContext, RequestRule } from './rules'

type Awaitable<T> = T | Promise<T>
/** A function as methods are compared: without a contract a hook may name the parameters of its own pattern. */
type Hook<Context, Result> = { hook(context: Context): Result }['hook']
type Input<R> = R extends (input: infer I) => unknown ? I : never
type Output<R> = R extends (input: never) => infer O ? Awaited<O> : never

/** A publish as its hook sees it: which event, and the data that belongs to it. */
export type PublishOf<C, P extends string, User> = {
  [E in keyof EventsOf<C, P> & string]: Omit<PublishContext<User, Params<P>>, 'event' | 'data'> & {
    readonly event: E
    readonly data: EventsOf<C, P>[E]
  }
}[keyof EventsOf<C, P> & string]

/** A request as its handler sees it. */
export type RequestOf<C, P extends string, R extends keyof RequestsOf<C, P>, User> = Omit<
  RequestContext<User, Params<P>>,
  'input'
> & { readonly input: Input<RequestsOf<C, P>[R]> }

type Handler<C, P extends string, R extends keyof RequestsOf<C, P>, User> = Hook<
  RequestOf<C, P, R, User>,
  Awaitable<Output<RequestsOf<C, P>[R]>>
>

/** What the server does about the channels of one pattern. */
export interface ChannelOptions<C, P extends string, User> {
  /** Who may read. Default: everyone. Anything but a true value refuses; so does throwing. */
  subscribe?: Hook<ChannelContext<User, Params<P>>, Awaitable<boolean>> | undefined
  /**
   * Who may publish, and what. Default: no client. `true` = as it was sent · `undefined`, `null`, `false` = forbidden · anything else
   * is published instead; a boolean or null as `{ payload }` · throwing refuses: an `EverwireError` gives its code and message to the
   * client, with `retryMs` it makes the client try again. It may run twice for one message.
   */
  publish?: Hook<PublishOf<C, P, User>, unknown> | undefined
  /** Handlers by name. One runs at most once per request; `{ handler, idempotent: true }` lets it run again after a crash. */
  requests?:
    | {
        [R in keyof RequestsOf<C, P> & string]?:
          | Handler<C, P, R, User>
          | RequestRule<RequestOf<C, P, R, User>, Output<RequestsOf<C, P>[R]>>
      }
    | undefined
  /** How much of the past is kept for those who come back. `false`: nothing. Default 5,000 events, 120 s, 2,000,000 bytes. */
  history?: Partial<HistoryBounds> | false | undefined
}

/** Someone came or went. */
export interface Presence<User> {
  readonly user: User
  /** Public id of the client object. */
  readonly id: string
}

/** Options of `createRealtime`. Everything is optional; without `channels` nobody can do anything. */
export interface RealtimeOptions<C, User> {
  /**
   * Returns the user, or throws. What it throws is not told to the client, unless it is an `EverwireError` with `retryMs`, which means
   * "try again". Default: everyone is anonymous.
   */
  authenticate?: ((context: AuthContext) => Awaitable<User>) | undefined
  /** A name for the user that never changes, for `kick`, `unsubscribe` and to keep sessions apart. Default `user.id`, else `''`. */
  identify?: ((user: User) => string) | undefined
  /** Rules by channel pattern; the most literal pattern that matches counts. A name that matches none is refused. */
  channels?: { readonly [P in PatternsOf<C>]?: ChannelOptions<C, P, User> } | undefined
  /** Origins that may connect, besides the same host. `['*']` = all, not together with `credentials`. */
  origins?: readonly string[] | undefined
  /**
   * Names under which this server is reached, as browsers say them (`localhost:8080`). Default: any, so that a page may connect to the host it
   * came from. A server that only your own machine should reach names itself, or a page whose name suddenly points at it would count
   * as one of its own.
   */
  hosts?: readonly string[] | undefined
  /** How many proxies of yours each request passes: clients are then known by what those say in `X-Forwarded-For`. Default 0. */
  proxies?: number | undefined
  /** Lets cookies through to `authenticate`, and lets browsers send them. Default false. */
  credentials?: boolean | undefined
  /** A client is there: its first connection was welcomed. */
  onConnect?: ((who: Presence<User>) => void) | undefined
  /** It said good-bye, or has had no connection for 10 s. */
  onDisconnect?: ((who: Presence<User>) => void) | undefined
  /** Takes errors of hooks and handlers, and refused origins. Default: the console. */
  onError?: ((error: unknown) => void) | undefined
  limits?: Partial<ServerLimits> | undefined
  /** How often WebSocket clients are pinged, ms. Default 25,000. */
  heartbeat?: number | undefined
  /** Longest hold of a poll, ms. Default 25,000. */
  hold?: number | undefined
  /** How long the outcome of a send is remembered, ms. Default 120,000. */
  dedupeWindow?: number | undefined
  /** Where the channels' logs live. Default: the memory of this process. One that is handed in is not closed by `close()`. */
  broker?: Broker | undefined
}
