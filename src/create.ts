import type { Client } from './client/api'
import { composeClient, type TransportTable } from './client/client'
import type { ClientOptions } from './client/types'
import type { Environment } from './environment/environment'
import type { UntypedContract } from './shared/contract'
import type { WithContract } from './shared/runtime-contract'
import { createPollingTransport } from './transports/polling'
import { createWebSocketTransport } from './transports/websocket'

/** The only place that lists the transports. */
const transports: TransportTable = { websocket: createWebSocketTransport, polling: createPollingTransport }

/** The `createClient` of a platform. */
export function clientFor(environment: Environment) {
  return <C = UntypedContract>(options: ClientOptions & WithContract<C>): Client<C> =>
    composeClient<C>(environment, transports, options)
}
