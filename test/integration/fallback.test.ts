import { expect, test } from 'vitest'
import { collect, until } from '../support/client'
import { audit } from '../support/feed'
import type { FaultRules } from '../support/proxy/rules'
import { setScene, stubPage } from './scene'
import { perfect } from './traffic'

const blocked: Partial<FaultRules>[] = [
  { upgrade: 200 },
  { upgrade: 400 },
  { upgrade: 403 },
  { upgrade: 502 },
  { upgrade: 'strip' },
  { upgrade: 'hang' },
  { silent: 'down' },
  { silent: 'both' },
]

test('F8, F9: however WebSocket is blocked, traffic flows over HTTP, and over WebSocket again when that works', async () => {
  const run = async (rules: Partial<FaultRules>) => {
    const { proxy, client, by, traffic } = await setScene({ rules })
    const seen = new Set<string>()
    client.watch(({ status }) => seen.add(status))
    const flow = await traffic(50, 10)
    expect(client.state.transport).toBe('polling')
    await flow.more(50)
    proxy.set({ upgrade: 'pass', silent: null })
    await by('websocket')
    await flow.more(50)
    return { rules, seen: [...seen], books: await flow.stop() }
  }
  const done = blocked.map((rules) => ({ rules, seen: ['connecting', 'connected'], books: perfect }))
  expect(await Promise.all(blocked.map(run))).toEqual(done)
}, 30_000)

test.each(blocked)('F8, F9: one request brings the first event, if WebSocket is blocked by %j', async (rules) => {
  const { server, proxy, client } = await setScene({ rules })
  await server.realtime.publish('room:1', 'n', 1)
  const seen = collect<number>()
  client.channel('room:1', { rewind: 1 }).on('n', (n) => seen.push(n))
  await seen.take(1)
  expect(proxy.events.all('request').filter(({ method }) => method === 'POST')).toHaveLength(1)
})

test('F10: where every WebSocket is cut young, long-polling carries the traffic, and WebSocket is left alone', async () => {
  const { proxy, client, traffic } = await setScene({ rules: { resetAfter: 300 } })
  const flow = await traffic()
  await until(client, () => proxy.events.all('fault').length === 3)
  await until(client, ({ transport }) => transport === 'polling')
  const upgrades = proxy.stats.upgrades
  await flow.more(400)
  expect(client.state.transport).toBe('polling')
  expect(proxy.stats.upgrades).toBe(upgrades)
  expect(await flow.stop()).toEqual(perfect)
})

test('F20: WebSocket takes over from long-polling while traffic flows', async () => {
  const tell = stubPage()
  const { proxy, by, traffic } = await setScene({ rules: { upgrade: 403 } })
  const flow = await traffic()
  await by('polling')
  await flow.more(100)
  proxy.set({ upgrade: 'pass' })
  tell('online')
  await by('websocket')
  await flow.more(100)
  expect(await flow.stop()).toEqual(perfect)
})

test('F20: what both transports replay is delivered once', async () => {
  const { server, proxy, client, by } = await setScene()
  const books = audit(client.channel('room:1'))
  await until(client.channel('room:1'), ({ status }) => status === 'joined')
  await by('websocket')
  const lost = until(client, ({ status }) => status !== 'connected')
  proxy.offline(true)
  await lost
  for (let n = 1; n <= 50; n++) await server.realtime.publish('room:1', 'n', n)
  // the answer over HTTP comes when the hello over WebSocket is on its way, with the same cursor
  proxy.set({ latency: { up: 0, down: 100 }, delay: 50 })
  proxy.offline(false)
  client.connect()
  await by('websocket')
  await server.realtime.publish('room:1', 'n', 51)
  await books.reached(51)
  expect(books.seen).toEqual(Array.from({ length: 51 }, (_, i) => i + 1))
  expect(books.gaps).toEqual([])
})

test.each([{ upgrade: 403 }, { upgrade: 'hang' }, { silent: 'both' }] as const)(
  'WebSocket killed for good in the middle of the traffic (%j): it flows over long-polling, and nothing is lost',
  async (rules) => {
    const { proxy, by, traffic } = await setScene()
    const flow = await traffic()
    await by('websocket')
    await flow.more(100)
    proxy.set(rules)
    proxy.resetAll()
    await by('polling')
    await flow.more(100)
    expect(await flow.stop()).toEqual(perfect)
  },
)

test('F21: 60 switches to and fro under load lose, double and reorder nothing', async () => {
  const tell = stubPage()
  const { proxy, client, by, traffic } = await setScene()
  const flow = await traffic()
  for (let turn = 0; turn < 30; turn++) {
    await by('websocket')
    await flow.more(5)
    proxy.set({ upgrade: 403 })
    const lost = until(client, ({ status }) => status !== 'connected')
    proxy.resetAll()
    await lost
    client.connect() // who loses link after link waits longer and longer: not here
    await by('polling')
    await flow.more(5)
    proxy.set({ upgrade: 'pass' })
    tell('online')
  }
  expect(await flow.stop()).toEqual(perfect)
}, 30_000)
