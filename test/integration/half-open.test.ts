import { createDebug } from 'everwire/inspector'
import { expect, test } from 'vitest'
import { until } from '../support/client'
import { audit } from '../support/feed'
import { setScene, stubPage } from './scene'
import { perfect } from './traffic'

const directions = ['both', 'up', 'down'] as const

test.each(['websocket', 'polling'] as const)(
  'F5, F6, F7: a link that delivers nothing any more is replaced while traffic flows over %s, and nothing is lost',
  async (transport) => {
    const run = async (direction: (typeof directions)[number]) => {
      const { proxy, traffic } = await setScene({ client: { transports: [transport] } })
      const flow = await traffic(100, 20)
      await flow.more(50)
      proxy.silence(direction)
      await flow.more(100)
      return flow.stop()
    }
    expect(await Promise.all(directions.map(run))).toEqual([perfect, perfect, perfect])
  },
  30_000,
)

test('F5, F6, F7: it is noticed when nothing flows at all: by the server that misses a pong, by the client that misses a ping, and the link is replaced', async () => {
  const idle = async (direction: (typeof directions)[number]) => {
    const { server, proxy, client } = await setScene({
      server: { heartbeat: 500 },
      client: { transports: ['websocket'], debug: createDebug() },
    })
    const room = client.channel('room:1')
    const books = audit(room)
    await until(room, ({ status }) => status === 'joined')
    const reopened = new Promise<void>((resolve) => client.debug?.(({ type }) => type === 'open' && resolve()))
    proxy.silence(direction)
    await reopened
    await server.realtime.publish('room:1', 'n', 1)
    await books.reached(1)
    expect(books).toMatchObject({ seen: [1], gaps: [] })
  }
  await Promise.all(directions.map(idle))
}, 30_000)

test.each(['online', 'pageshow'] as const)(
  'F5: the event "%s" has an idle link prove itself, and a dead one replaced',
  async (hint) => {
    const tell = stubPage()
    const { server, proxy, client, by } = await setScene()
    const room = client.channel('room:1')
    const books = audit(room)
    await until(room, ({ status }) => status === 'joined')
    await by('websocket')
    proxy.silence()
    tell(hint)
    await server.realtime.publish('room:1', 'n', 1)
    await books.reached(1)
    expect(books).toMatchObject({ seen: [1], gaps: [] })
  },
)
