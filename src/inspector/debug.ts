import type { ClientState, DebugEvent } from '../client/types'
import { EverwireError } from '../shared/errors'

export type { DebugEvent }

/**
 * What the inspector needs of a client.
 *
 * @example inspect(createClient({ url, debug: createDebug() }) satisfies Inspectable)
 */
export interface Inspectable {
  readonly state: ClientState
  watch(listener: (state: ClientState) => void): () => void
  /** There with the option `debug` of `createClient`. */
  readonly debug?: ((listener: (event: DebugEvent) => void) => () => void) | undefined
}

/**
 * The only place that knows how a client is listened to. Returns the function that stops it.
 *
 * @throws EverwireError `invalid` for a client without a debug stream
 */
export function listen(
  client: Inspectable,
  event: (event: DebugEvent) => void,
  state: (state: ClientState) => void,
): () => void {
  if (!client.debug)
    throw new EverwireError('invalid', 'there is nothing to see: createClient({ debug: createDebug() })')
  const offs = [client.debug(event), client.watch(state)]
  state(client.state)
  return () => {
    for (const off of offs) off()
  }
}
