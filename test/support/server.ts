import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { createRealtime, type Realtime, type RealtimeOptions } from 'everwire/server'
import { onTestFinished } from 'vitest'

export interface Chat {
  'room:{id}': {
    events: { message: { text: string }; typing: { from: string }; pixels: Uint8Array; n: number }
    requests: {
      history: (input: { limit: number }) => string[]
      slow: (input: null) => string
      fail: (input: null) => never
    }
  }
  'secret:{id}': { events: { message: string } }
}

export interface User {
  id: string
}

/** Publish anything, subscribe to all but the secret. */
export const openChannels = {
  'room:{id}': {
    publish: () => true,
    requests: {
      history: ({ input }: { input: { limit: number } }) => Array.from({ length: input.limit }, (_, i) => `line ${i}`),
      slow: () => new Promise<string>(() => {}),
      fail: () => {
        throw new Error('the handler broke')
      },
    },
  },
  'secret:{id}': { subscribe: () => false },
} as const

export interface TestServer {
  readonly url: string
  readonly port: number
  readonly realtime: Realtime<Chat>
  /** Cuts every connection and stops listening; the realtime core keeps its memory. */
  stop(): Promise<void>
  /** Listens again, on the same port. */
  start(): Promise<void>
  /** As if the process had been killed and started again: a new core, on the same port. */
  forget(): Promise<void>
}

/** A realtime server on a free port, gone when the test is over. */
export async function startServer(options: Partial<RealtimeOptions<Chat, User>> = {}): Promise<TestServer> {
  const create = () => createRealtime<Chat, User>({ channels: openChannels, ...options } as RealtimeOptions<Chat, User>)
  let realtime = create()
  const sockets = new Set<Socket>()
  let port = 0
  let server: Server

  async function start(): Promise<void> {
    server = createServer((_, response) => response.writeHead(404).end())
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    realtime.attach(server, { path: '/realtime' })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  }

  async function stop(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }

  async function forget(): Promise<void> {
    await stop()
    const old = realtime
    realtime = create()
    await start()
    await old.close()
  }

  await start()
  onTestFinished(async () => {
    await realtime.close()
    if (server.listening) await stop()
  })
  return {
    get realtime() {
      return realtime
    },
    start,
    stop,
    forget,
    get port() {
      return port
    },
    get url() {
      return `http://127.0.0.1:${port}/realtime`
    },
  }
}
