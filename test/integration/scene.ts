import type { ClientOptions } from 'everwire'
import { onTestFinished, vi } from 'vitest'
import { startClient, until } from '../support/client'
import type { FaultRules } from '../support/proxy/rules'
import { startFaultProxy } from '../support/proxy/start'
import { startServer } from '../support/server'
import { startTraffic } from './traffic'

type ServerOptions = Parameters<typeof startServer>[0]

export interface SceneOptions {
  server?: ServerOptions
  /** Rules of the proxy that hold from the start. */
  rules?: Partial<FaultRules>
  client?: Partial<ClientOptions>
}

/** A server, a fault proxy in front of it, and a client behind that. */
export async function setScene({ server: serverOptions, rules, client: clientOptions }: SceneOptions = {}) {
  const server = await startServer(serverOptions)
  const proxy = await startFaultProxy(server.port, rules)
  const url = `${proxy.url}/realtime`
  const client = startClient(url, clientOptions)
  return {
    server,
    proxy,
    url,
    client,
    /** The client is connected by this transport. */
    by: (transport: 'websocket' | 'polling') => until(client, (state) => state.transport === transport),
    /** Events per second down and up, both counted. */
    traffic: (down = 200, up = 50) =>
      startTraffic({
        client,
        reader: () => startClient(server.url, { transports: ['websocket'] }),
        publish: (room, n) => server.realtime.publish(room, 'n', n),
        down,
        up,
      }),
  }
}

/** Gives Node the events of a page, by which a platform tells that the network came or the page is back. */
export function stubPage(): (type: 'online' | 'offline' | 'pageshow') => void {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
  onTestFinished(() => void vi.unstubAllGlobals())
  return (type) => void page.dispatchEvent(new Event(type))
}
