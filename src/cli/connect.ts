import type { Client } from '../client/api'
import type { Debug } from '../client/types'
import { clientFor } from '../create'
import { nodeEnvironment } from '../environment/node'
import { type Flags, Misuse } from './flags'
import type { Io } from './io'

const createClient = clientFor(nodeEnvironment({}))

/** A client that tells on stderr what happens to its connection. */
export function connect(url: string, { transport, token }: Flags, io: Io, debug?: Debug): Client {
  if (transport !== undefined && transport !== 'websocket' && transport !== 'polling')
    throw new Misuse('--transport is websocket or polling')
  const client = createClient({
    url,
    debug,
    ...(transport && { transports: [transport] }),
    ...(token !== undefined && { auth: () => token }),
  })
  let last = ''
  client.watch(({ status, transport: by, error }) => {
    const line = [status, by && `by ${by}`, error && `(${error.code})`].filter(Boolean).join(' ')
    if (line !== last) io.err(line)
    last = line
  })
  return client
}
