import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ClientOptions, createClient } from 'everwire'
import { createRealtime } from 'everwire/server'
import { onTestFinished } from 'vitest'
import type { FaultProxyOptions } from '../support/proxy/fault-proxy'
import { startFaultProxy } from '../support/proxy/start'

export interface Lab {
  lab: { events: { e: { text: string } } }
}

/** The event whose cost is guarded. */
export const hello = { text: 'hello' }

/** A server with the channel `lab`, and the proxy in front of it that counts. */
export async function startLab(rules: FaultProxyOptions['rules'] = {}) {
  const realtime = createRealtime<Lab>({ channels: { lab: {} } })
  const server = createServer()
  realtime.attach(server, { path: '/realtime' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await realtime.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const proxy = await startFaultProxy((server.address() as AddressInfo).port, rules)
  return {
    realtime,
    proxy,
    start(options: Partial<ClientOptions> = {}) {
      const client = createClient<Lab>({ url: `${proxy.url}/realtime`, ...options })
      onTestFinished(() => client.close())
      return client
    },
  }
}
