import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { leftovers } from '../../support/leftovers'
import { startFaultProxy } from '../../support/proxy/start'

/** A plain WebSocket server behind a bad network; both are gone when the test is over. */
export async function startPlainServer(
  serve: (server: WebSocketServer) => void,
  options: ConstructorParameters<typeof WebSocketServer>[0] = {},
) {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, ...options })
  serve(sockets)
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    const closed = new Promise((resolve) => http.close(resolve))
    for (const socket of sockets.clients) socket.terminate()
    http.closeAllConnections()
    await closed
  })
  const proxy = await startFaultProxy((http.address() as AddressInfo).port)
  return { proxy, url: proxy.url.replace('http', 'ws'), clients: sockets.clients }
}

/** Whoever makes sockets by this class leaves none behind: a library that forgets one would have two that redial. */
export function counted<C extends new (...args: never[]) => { readyState: number }>(Base: C) {
  const made: { readyState: number }[] = []
  leftovers.push(() => {
    const open = made.filter(({ readyState }) => readyState < 2).length
    return open > 0 ? [`${open} sockets`] : []
  })
  const Counted = class extends (Base as unknown as new (...args: unknown[]) => { readyState: number }) {
    constructor(...args: unknown[]) {
      super(...args)
      made.push(this)
    }
  } as unknown as C
  return { Counted, made, alive: () => made.filter(({ readyState }) => readyState < 2).length }
}
