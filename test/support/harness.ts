import type { Client, ClientOptions } from 'everwire'
import { onTestFinished } from 'vitest'
import { composeClient } from '../../src/client/client'
import type { ServerFrame } from '../../src/protocol/frames'
import type { UntypedContract } from '../../src/shared/contract'
import { createFakeEnvironment } from './fake-environment'
import { createFakeTransport, type FakeDial } from './fake-transport'

export const welcome: ServerFrame = [
  'w',
  { v: 1, id: 'me', k: 'ticket', hb: 25_000, dd: 120_000, sp: 150, lim: { message: 65_536, channels: 512 } },
]

/** A client of the real core on transports in the hands of the test. Time passes only when the test says so. */
export function setUp(options: Partial<ClientOptions> = {}) {
  const environment = createFakeEnvironment()
  const websocket = createFakeTransport('websocket')
  const polling = createFakeTransport('polling')
  const client = composeClient<UntypedContract>(
    environment,
    { websocket: () => websocket, polling: () => polling },
    { url: 'http://test/realtime', ...options },
  )
  onTestFinished(() => client.close())
  const statuses: string[] = []
  client.watch(({ status, transport }) => {
    const now = transport ? `${status} by ${transport}` : status
    if (now !== statuses.at(-1)) statuses.push(now)
  })

  /** Lets the server accept and welcome a dial. */
  async function greet(dial: FakeDial): Promise<FakeDial> {
    dial.accept()
    await environment.advance(0)
    dial.deliver(welcome)
    await environment.advance(0)
    return dial
  }

  return {
    client,
    environment,
    websocket: websocket.dials,
    polling: polling.dials,
    statuses,
    greet,
    /** Connects by WebSocket. */
    async connect(): Promise<FakeDial> {
      client.connect()
      await environment.advance(0)
      return greet(await websocket.dials.next())
    },
  }
}

export type Harness = ReturnType<typeof setUp> & { client: Client<UntypedContract> }
