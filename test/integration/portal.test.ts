import { expect, test } from 'vitest'
import { until } from '../support/client'
import { audit } from '../support/feed'
import { setScene } from './scene'
import { perfect } from './traffic'

test.each(['page', 'redirect'] as const)(
  'F60: a captive portal (%s) is waited out: never fatal, never data',
  async (portal) => {
    const { server, proxy, client } = await setScene({ rules: { portal } })
    const room = client.channel('room:1')
    const books = audit(room)
    const sent = room.publish('n', 1)
    await until(client, ({ status, attempt }) => status === 'waiting' && attempt >= 2)
    expect(client.state).toMatchObject({ pending: 1, error: { code: 'lost' } })
    expect(books).toMatchObject({ seen: [], gaps: [] })
    expect(room.state.status).toBe('joining')
    proxy.set({ portal: null })
    client.connect()
    expect(await sent).toMatchObject({ offset: 1 })
    await server.realtime.publish('room:1', 'n', 2)
    await books.reached(2)
    expect(books.gaps).toEqual([])
  },
)

test.each(['websocket', 'polling'] as const)(
  'F60: a portal that comes between while traffic flows over %s costs nothing but time',
  async (transport) => {
    const { proxy, client, traffic } = await setScene({ client: { transports: [transport] } })
    const flow = await traffic(100, 20)
    await flow.more(50)
    const lost = until(client, ({ status }) => status === 'waiting')
    proxy.set({ portal: 'page' })
    proxy.resetAll()
    await lost
    proxy.set({ portal: null })
    await flow.more(50)
    expect(await flow.stop()).toEqual(perfect)
  },
)
