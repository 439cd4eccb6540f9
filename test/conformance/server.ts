import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRealtime, EverwireError } from 'everwire/server'

export interface Target {
  url: string
  /** Acts on the server side; absent when the suite is aimed at another server. */
  realtime: ReturnType<typeof startRealtime>
  events: string[]
  close(): Promise<void>
}

function startRealtime(events: string[], options: object) {
  return createRealtime({
    heartbeat: 25_000,
    onError: () => {},
    onConnect: ({ id }) => events.push(`connect ${id}`),
    onDisconnect: ({ id }) => events.push(`disconnect ${id}`),
    authenticate: ({ token, expiresIn }) => {
      if (token === 'bad') throw new Error('internal detail')
      const [id = 'guest', ms] = token?.split(' ') ?? []
      if (ms) expiresIn(Number(ms))
      return { id }
    },
    origins: ['https://app.example.com'],
    channels: {
      'room:{id}': {
        publish: ({ event, data }) => {
          if (event === 'no') return false
          if (event === 'later' && retries.shift()) throw new EverwireError('later', 'not now', { retryMs: 50 })
          return typeof data === 'boolean' || data === null ? { payload: data } : data
        },
        requests: {
          add: ({ input }) => ((input as { n: number }).n ?? 0) + ++runs,
          big: () => 'x'.repeat(100_000),
          wait: () => new Promise<number>((resolve) => gates.push(() => resolve(++runs))),
          fail: () => {
            throw new Error('internal detail')
          },
        },
      },
      'short:{id}': { publish: () => true, history: { messages: 3 } },
      'closed:{id}': { subscribe: () => false },
      'news:{id}': {},
    },
    ...options,
  })
}

let runs = 0
/** Lets go of the requests `wait` that are under way. */
export const gates: (() => void)[] = []
/** How many publishes of `later` are to be refused for now. */
export const retries: boolean[] = []

/** The server that the suite is aimed at, unless EVERWIRE_URL names another. */
export async function startTarget(options: object = {}): Promise<Target> {
  const events: string[] = []
  const realtime = startRealtime(events, options)
  const server = createServer((_, response) => response.writeHead(404).end())
  realtime.attach(server, { path: '/realtime' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/realtime`,
    realtime,
    events,
    async close() {
      await realtime.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
