import type { ChannelState, ClientState } from '../client/types'

type Carrier = 'websocket' | 'polling'

/**
 * What a client tells about itself, in the order in which it happens. `at`: ms of a clock that only goes forward.
 *
 * @example client.debug((event) => console.log(formatDebug(event)))
 */
export type DebugEvent = { readonly at: number } & (
  | { readonly type: 'state'; readonly state: ClientState }
  /** An attempt begins. */
  | { readonly type: 'dial'; readonly transport: Carrier }
  /** The server has welcomed it. */
  | { readonly type: 'open'; readonly transport: Carrier }
  /** `fail`: an attempt came to nothing · `lost`: a welcomed link has ended. */
  | { readonly type: 'fail' | 'lost'; readonly transport: Carrier; readonly code: number; readonly reason: string }
  /** One frame of the protocol. */
  | { readonly type: 'send' | 'receive'; readonly transport: Carrier; readonly frame: readonly unknown[] }
  | { readonly type: 'channel'; readonly channel: string; readonly state: ChannelState }
  | { readonly type: 'gap'; readonly channel: string; readonly reason: string; readonly missed: number | null }
)

/**
 * What the inspector needs of a client.
 *
 * @example inspect(client satisfies Inspectable)
 */
export interface Inspectable {
  readonly state: ClientState
  watch(listener: (state: ClientState) => void): () => void
  debug(listener: (event: DebugEvent) => void): () => void
}

/** The only place that knows how a client is listened to. Returns the function that stops it. */
export function listen(
  client: Inspectable,
  event: (event: DebugEvent) => void,
  state: (state: ClientState) => void,
): () => void {
  const offs = [client.debug(event), client.watch(state)]
  state(client.state)
  return () => {
    for (const off of offs) off()
  }
}
