import type {
  Channel,
  ChannelName,
  ChannelState,
  Client,
  ClientState,
  EventInfo,
  EventsOf,
  GapInfo,
  JoinOptions,
  RegisteredContract,
} from 'everwire'
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useInsertionEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
} from 'react'

type C = RegisteredContract
type EventName<N extends string> = keyof EventsOf<C, N> & string

const ClientContext = createContext<Client<C> | undefined>(undefined)

/**
 * Gives a client to the hooks below. The client is yours: create it outside of React, and close it, or keep it for the life of the page.
 *
 * @example
 * const client = createClient<Chat>({ url: '/realtime' })
 * createRoot(root).render(<RealtimeProvider client={client}><App /></RealtimeProvider>)
 */
export function RealtimeProvider(props: { client: Client<C>; children?: ReactNode }): ReactElement {
  return createElement(ClientContext.Provider, { value: props.client }, props.children)
}

/**
 * The client of the nearest provider.
 *
 * @example
 * const client = useClient()
 * return <button onClick={client.connect}>Try now</button>
 *
 * @throws Error if there is no `RealtimeProvider` above.
 */
export function useClient(): Client<C> {
  const client = useContext(ClientContext)
  if (!client) throw new Error('everwire: put a <RealtimeProvider> above this component')
  return client
}

const unconnected: ClientState = Object.freeze({ status: 'idle', attempt: 0, pending: 0 })

/**
 * The state of the connection; renders again when it changes.
 *
 * @example
 * const { status, transport } = useConnection()
 */
export function useConnection(): ClientState {
  const client = useClient()
  return useSyncExternalStore(
    client.watch,
    () => client.state,
    () => unconnected,
  )
}

const unjoined: ChannelState = Object.freeze({ status: 'idle' })

/**
 * The state of a channel; renders again when it changes. Does not subscribe.
 *
 * @example
 * const room = useChannelState('room:42')
 * if (room.status === 'denied') return <p>You cannot read this room: {room.code}</p>
 */
export function useChannelState<N extends ChannelName<C>>(name: N): ChannelState {
  const client = useClient()
  return useSyncExternalStore(
    useCallback((changed) => client.channel(name).watch(changed), [client, name]),
    () => client.channel(name).state,
    () => unjoined,
  )
}

/**
 * A channel's `publish` and `request`, the same functions until the name changes. Does not subscribe.
 *
 * @example
 * const { publish } = useChannel('room:42')
 */
export function useChannel<N extends ChannelName<C>>(name: N): Pick<Channel<C, N>, 'publish' | 'request'> {
  const client = useClient()
  return useMemo(() => {
    // looked up when called: a server that renders pages for ever would otherwise keep a channel for every name it has seen
    const method = (key: 'publish' | 'request') => {
      return (...args: unknown[]) => (client.channel(name)[key] as (...args: unknown[]) => unknown)(...args)
    }
    return { publish: method('publish'), request: method('request') } as Pick<Channel<C, N>, 'publish' | 'request'>
  }, [client, name])
}

/** A ref to what was last committed. Insertion effects run before an event can come in, which passive ones do not. */
function useLatest<T>(value: T): { readonly current: T } {
  const latest = useRef(value)
  useInsertionEffect(() => {
    latest.current = value
  })
  return latest
}

/**
 * Calls the latest `handler` for each event, without subscribing anew when it changes.
 *
 * @example
 * useEvent('room:42', 'typing', ({ from }) => showTyping(from))
 */
export function useEvent<N extends ChannelName<C>, E extends EventName<N>>(
  name: N,
  event: E,
  handler: (data: EventsOf<C, N>[E], info: EventInfo) => void,
): void {
  const client = useClient()
  const latest = useLatest(handler)
  useEffect(
    () => client.channel(name).on(event, (data, info) => latest.current(data, info)),
    [client, name, event, latest],
  )
}

/**
 * Calls the latest `handler` when events of the channel were missed: load the state from where it is kept. Does not subscribe.
 *
 * @example
 * useGap('room:42', ({ reason, missed }) => reloadFromDatabase())
 */
export function useGap<N extends ChannelName<C>>(name: N, handler: (gap: GapInfo) => void): void {
  const client = useClient()
  const latest = useLatest(handler)
  useEffect(() => client.channel(name).onGap((gap) => latest.current(gap)), [client, name, latest])
}

/**
 * An event with what came with it.
 *
 * @example
 * const row = ({ data, info, gap }: ReceivedEvent<Message>) => <Row {...data} mine={info.own} incomplete={gap !== undefined} />
 */
export interface ReceivedEvent<T> {
  readonly data: T
  readonly info: EventInfo
  /** For React. An offset is no key: volatile events have none, and a server that lost its memory counts from 1 again. */
  readonly key: string
  /** Set if events are missing right before this one. */
  readonly gap: GapInfo | undefined
}

/**
 * Options of `useChannelEvents`. They may change at any time; `rewind` counts when the channel is joined.
 *
 * @example useChannelEvents('room:42', 'message', { limit: 200, rewind: 50 })
 */
export interface ChannelEventsOptions extends JoinOptions {
  /** How many of the newest events to keep. Default 100. */
  limit?: number | undefined
}

/**
 * The newest events of a channel, oldest first; empty again when the channel changes. The array stays the same until an event comes.
 *
 * `rewind` counts for the join that the hook brings about: a channel that something else has joined already is not rewound.
 *
 * @example
 * const messages = useChannelEvents('room:42', 'message', { limit: 200, rewind: 50 })
 * return messages.map(({ key, data }) => <p key={key}>{data.text}</p>)
 */
export function useChannelEvents<N extends ChannelName<C>, E extends EventName<N>>(
  name: N,
  event: E,
  { limit = 100, rewind }: ChannelEventsOptions = {},
): readonly ReceivedEvent<EventsOf<C, N>[E]>[] {
  const client = useClient()
  const store = useMemo(() => createEventStore(client, name, event), [client, name, event])
  // before the effects that join, also those of other components
  useInsertionEffect(() => store.set(limit, rewind))
  // a number is compared for each event of a burst, the array is made once per rendering
  useSyncExternalStore(store.subscribe, store.count, store.count)
  return store.read(limit)
}

/** Appends in constant time; what is older than the limit goes when as much again has come. */
function createEventStore<N extends ChannelName<C>, E extends EventName<N>>(client: Client<C>, name: N, event: E) {
  type Received = ReceivedEvent<EventsOf<C, N>[E]>
  let kept: Received[] = []
  let count = 0
  let most = 0
  let gap: GapInfo | undefined
  let rejoined = false
  let snapshot: readonly Received[] | undefined
  let asked: number | undefined

  return {
    set(limit: number, rewind: number | undefined): void {
      most = limit
      // another component may have joined with another rewind: that is no reason to fail
      if (rewind && client.channel(name).state.status === 'idle') client.channel(name, { rewind })
    },
    count: () => count,
    read(limit: number): readonly Received[] {
      if (!snapshot || asked !== limit) snapshot = kept.slice(Math.max(0, kept.length - limit))
      asked = limit
      return snapshot
    },
    subscribe(changed: () => void): () => void {
      const channel = client.channel(name)
      // what a new join rewinds to may be here already
      rejoined ||= channel.state.status === 'idle'
      const offs = [
        channel.watch(({ status }) => {
          rejoined ||= status === 'idle'
        }),
        channel.onGap((missing) => {
          gap = missing
        }),
        channel.on(event, (data, info) => {
          if (rejoined) kept = []
          else if (kept.length > 2 * most) kept.splice(0, kept.length - most)
          rejoined = false
          kept.push({ data, info, key: `${name} ${++count}`, gap })
          gap = snapshot = undefined
          changed()
        }),
      ]
      return () => {
        for (const off of offs) off()
      }
    },
  }
}
