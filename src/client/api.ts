import type { ChannelName, EventsOf, Params, PatternsOf, RequestsOf, UntypedContract } from '../shared/contract'
import type {
  Accepted,
  ChannelState,
  ClientState,
  DebugEvent,
  Denied,
  EventInfo,
  GapInfo,
  PublishOptions,
  RequestOptions,
} from './types'

type Input<R> = R extends (input: infer I) => unknown ? I : never
type Output<R> = R extends (input: never) => infer O ? Awaited<O> : never

/** How a channel is asked for. */
export interface JoinOptions {
  /** On joining, deliver the last so many events first. Default 0. Merged until the channel has joined: the largest wins. */
  rewind?: number | undefined
}

/**
 * A named stream of events, with requests beside it. The same name gives the same object.
 *
 * @example
 * const room = client.channel('room:42')
 * const off = room.on('message', (data, info) => render(data.text, info.own))
 */
export interface Channel<C = UntypedContract, N extends string = string> {
  readonly name: N
  /**
   * Listens to an event; the first listener subscribes. Returns the function that stops it; after the last one, the channel is left
   * about a second later. A listener that throws is reported to the platform and stops nobody else.
   */
  on<E extends keyof EventsOf<C, N> & string>(
    event: E,
    listener: (data: EventsOf<C, N>[E], info: EventInfo) => void,
  ): () => void
  /**
   * The event as an async iterator, subscribed from the call on. Buffers up to 1,000 for a slow reader, then throws `overflow`.
   * The signal, `leave()` and `client.close()` end it.
   *
   * @example
   * for await (const { data, info } of room.events('message', { signal })) console.log(info.offset, data)
   */
  events<E extends keyof EventsOf<C, N> & string>(
    event: E,
    options?: { signal?: AbortSignal | undefined },
  ): AsyncIterableIterator<{ data: EventsOf<C, N>[E]; info: EventInfo }>
  /** `volatile`: sent now or never; returns whether it was. */
  publish<E extends keyof EventsOf<C, N> & string>(
    event: E,
    data: EventsOf<C, N>[E],
    options: PublishOptions & { volatile: true },
  ): boolean
  /**
   * Publishes an event. Resolves once it is in the channel's log; queued while offline. Rejects with an `EverwireError` whose
   * `outcome` says whether it surely did not happen (`rejected`) or may have (`unknown`). A promise nobody looks at is fine.
   *
   * @example
   * const sent = room.publish('message', { text: 'hi' })
   * showPending(sent.id)          // the number by which its own event can be recognised: info.own && info.id === sent.id
   * const { offset } = await sent
   *
   * @throws EverwireError `queue_full`, `timeout`, `aborted`, `too_big`, `invalid`, `closed`, `forbidden`, `unknown`, …
   */
  publish<E extends keyof EventsOf<C, N> & string>(
    event: E,
    data: EventsOf<C, N>[E],
    options?: PublishOptions & { volatile?: false | undefined },
  ): Promise<Accepted> & { readonly id: number }
  /**
   * Asks the server. Runs at most once there, also when it is sent again after a lost connection.
   *
   * @throws EverwireError `timeout` after 10 s by default, and what `publish` throws.
   */
  request<R extends keyof RequestsOf<C, N> & string>(
    name: R,
    input: Input<RequestsOf<C, N>[R]>,
    options?: RequestOptions,
  ): Promise<Output<RequestsOf<C, N>[R]>>
  /** Events were missed, the next one does not follow the last one: load the state from where it is kept. */
  onGap(listener: (gap: GapInfo) => void): () => void
  /** The server refused or ended the subscription. Without a listener it lands in `client.state.error`. */
  onDrop(listener: (denied: Denied) => void): () => void
  /** A frozen snapshot. */
  readonly state: ChannelState
  /** Calls back on each change of `state`; returns its end. */
  watch(listener: (state: ChannelState) => void): () => void
  /** Leaves now: ends the join and the iterators. Listeners stay, for the next `on()`. */
  leave(): void
}

/**
 * One session with a server.
 *
 * @example
 * client.watch(({ status, transport }) => badge(status, transport))
 */
export interface Client<C = UntypedContract> {
  /** The channel of this name; subscribes when it is first listened to. */
  channel<N extends ChannelName<C>>(name: N, options?: JoinOptions): Channel<C, N>
  /**
   * The checked form for computed names.
   *
   * @example client.channel('room:{id}', { params: { id: roomId } })
   * @throws EverwireError `invalid` for a parameter that is empty or has a colon.
   */
  channel<P extends PatternsOf<C>>(pattern: P, options: JoinOptions & { params: Params<NoInfer<P>> }): Channel<C, P>
  /** A frozen snapshot; the same object until something changes. */
  readonly state: ClientState
  /** Calls back on each change of `state`; returns its end. Not called for the state of now. */
  watch(listener: (state: ClientState) => void): () => void
  /**
   * Calls back on everything that happens inside, for logs and the inspector; returns its end. Only with the option `debug`.
   *
   * @example
   * const client = createClient({ url, debug: createDebug() })
   * client.debug?.((event) => console.log(event.type, event))
   */
  readonly debug?: ((listener: (event: DebugEvent) => void) => () => void) | undefined
  /**
   * Connects, or during a wait tries now. Optional: the first listener or send connects.
   *
   * @throws EverwireError `invalid` if `url` is none
   */
  connect(): void
  /**
   * Resolves when connected. Connects if that has not begun.
   *
   * @throws EverwireError `aborted`, `closed`, or the code of a fatal refusal.
   */
  ready(options?: { signal?: AbortSignal | undefined }): Promise<void>
  /**
   * Resolves when every publish and request made so far has settled, whatever the outcome.
   *
   * @throws EverwireError `timeout`, `aborted`
   */
  flush(options?: { timeout?: number | undefined; signal?: AbortSignal | undefined }): Promise<void>
  /** Asks `auth()` now and hands the server the answer; refused channels are tried again. Rejects with `auth_failed` if `auth` throws. */
  refreshAuth(): Promise<void>
  /** Ends everything: unsettled sends settle, timers and sockets are freed, a Node process can exit. `connect()` begins anew. */
  close(): void
}
