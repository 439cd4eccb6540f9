import { expect, test } from 'vitest'
import { startClient, until } from '../support/client'
import { lacks, startRealProxy } from '../support/proxy/real'
import type { RealProxy } from '../support/proxy/recipes'
import { startServer } from '../support/server'
import { setScene } from './scene'
import { perfect, startTraffic } from './traffic'

/** A server behind a real proxy, a client in front of it. */
async function behind(kind: RealProxy) {
  const server = await startServer()
  const proxy = await startRealProxy(kind, server.port)
  const client = startClient(`${proxy.url}/realtime`)
  const flow = await startTraffic({
    client,
    reader: () => startClient(server.url, { transports: ['websocket'] }),
    publish: (room, n) => server.realtime.publish(room, 'n', n),
    down: 100,
    up: 20,
  })
  return { server, client, flow, by: (name: string) => until(client, ({ transport }) => transport === name) }
}

const where = (kind: RealProxy) => test.skipIf(lacks(kind))

where('nginx as shipped')(
  'nginx as shipped, which strips upgrades, leaves long-polling, and nothing is lost',
  async () => {
    const { client, flow } = await behind('nginx as shipped')
    await flow.more(200)
    expect(client.state.transport).toBe('polling')
    expect(await flow.stop()).toEqual(perfect)
  },
)

where('nginx with upgrades')('nginx with upgrade headers carries WebSocket, and nothing is lost', async () => {
  const { by, flow } = await behind('nginx with upgrades')
  await by('websocket')
  await flow.more(200)
  expect(await flow.stop()).toEqual(perfect)
})

for (const kind of ['nginx with short timeouts', 'haproxy with a short tunnel'] as const) {
  where(kind)(`${kind} cuts a WebSocket that is idle, and nothing is lost`, async () => {
    const { server, client, by, flow } = await behind(kind)
    await by('websocket')
    await flow.more(100)
    expect(await flow.stop()).toEqual(perfect)
    await until(client, ({ status }) => status !== 'connected')
    const next = new Promise<number>((resolve) => void client.channel('room:1').on('n', resolve))
    await server.realtime.publish('room:1', 'n', 4711)
    expect(await next).toBe(4711)
  })
}

test('a proxy that holds every answer until it is complete changes nothing', async () => {
  const { traffic } = await setScene({ rules: { buffer: true, upgrade: 403 } })
  const flow = await traffic()
  await flow.more(300)
  expect(await flow.stop()).toEqual(perfect)
})

test('a proxy that resets every WebSocket and fails a fifth of all requests loses nothing', async () => {
  const { traffic } = await setScene({
    rules: { resetAfter: 1_500, fail: { percent: 20, how: [502, 504, 'cut', 'reset'] } },
  })
  const flow = await traffic(100, 20)
  await flow.more(700)
  expect(await flow.stop()).toEqual(perfect)
}, 30_000)
