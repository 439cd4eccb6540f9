import type {
  Channel,
  ChannelName,
  Client,
  ClientState,
  EventInfo,
  EventsOf,
  JoinOptions,
  RegisteredContract,
} from 'everwire'
import {
  createContext,
  createElement,
  type ReactElement,
  type ReactNode,
  useContext,
  useEffect,
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
 * @throws Error if there is no `RealtimeProvider` above.
 */
export function useClient(): Client<C> {
  const client = useContext(ClientContext)
  if (!client) throw new Error('everwire: put a <RealtimeProvider client={…}> above this component')
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

/**
 * A channel's `publish` and `request`, the same functions on every render. Does not subscribe.
 *
 * @example
 * const { publish } = useChannel('room:42')
 */
export function useChannel<N extends ChannelName<C>>(name: N): Pick<Channel<C, N>, 'publish' | 'request'> {
  const client = useClient()
  return useMemo(() => {
    const { publish, request } = client.channel(name)
    return { publish, request }
  }, [client, name])
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
  const latest = useRef(handler)
  useEffect(() => {
    latest.current = handler
  })
  useEffect(() => client.channel(name).on(event, (data, info) => latest.current(data, info)), [client, name, event])
}

/** An event with what came with it. */
export interface ReceivedEvent<T> {
  readonly data: T
  readonly info: EventInfo
}

export interface ChannelEventsOptions extends JoinOptions {
  /** How many of the newest events to keep. Default 100. */
  limit?: number | undefined
}

const none: readonly never[] = []

/**
 * The newest events of a channel, oldest first; empty again when the channel changes. The array stays the same until an event comes.
 *
 * @example
 * const messages = useChannelEvents('room:42', 'message', { limit: 200, rewind: 50 })
 */
export function useChannelEvents<N extends ChannelName<C>, E extends EventName<N>>(
  name: N,
  event: E,
  { limit = 100, rewind }: ChannelEventsOptions = {},
): readonly ReceivedEvent<EventsOf<C, N>[E]>[] {
  const client = useClient()
  const store = useMemo(() => {
    let kept: readonly ReceivedEvent<EventsOf<C, N>[E]>[] = none
    return {
      read: () => kept,
      subscribe: (changed: () => void) =>
        client.channel(name, { rewind }).on(event, (data, info) => {
          kept = [...kept, { data, info }].slice(-limit)
          changed()
        }),
    }
  }, [client, name, event, limit, rewind])
  return useSyncExternalStore(store.subscribe, store.read, () => none)
}
