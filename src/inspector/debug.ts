import type { ClientState, DebugEvent } from '../client/types'

export type { DebugEvent }

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
