import { expect, test } from 'vitest'
import { collect, startClient, until } from '../support/client'
import { audit, startFeed } from '../support/feed'
import { startGate } from '../support/gate'
import { startServer } from '../support/server'

for (const upgrades of [400, 403, 502, 'strip', 'hang', 'silent'] as const) {
  test(`with upgrades answered by ${upgrades}, events come over HTTP, and over WebSocket again when that works`, async () => {
    const server = await startServer()
    const gate = await startGate(server.port, upgrades)
    const client = startClient(gate.url)
    const seen = collect<string>()
    client.watch(({ status, transport }) => seen.push(transport ?? status))
    await server.realtime.publish('room:1', 'n', 0)
    const room = client.channel('room:1', { rewind: 1 })
    const books = audit(room)
    const feed = startFeed(server, 100)
    await books.reached(20)
    expect(client.state.transport).toBe('polling')
    expect(seen.all).not.toContain('waiting')

    gate.rules.upgrades = 'pass'
    await until(client, ({ transport }) => transport === 'websocket')
    const last = await feed.stop()
    await books.reached(last)
    expect(books.seen).toEqual(books.expected(last))
    expect(books.gaps).toEqual([])
  })
}

test('the first event over HTTP needs two requests at most, and no wait for WebSocket', async () => {
  const server = await startServer()
  await server.realtime.publish('room:1', 'n', 1)
  const gate = await startGate(server.port, 'hang')
  const client = startClient(gate.url)
  const seen = collect<number>()
  client.channel('room:1', { rewind: 1 }).on('n', (n) => seen.push(n))
  await seen.take(1)
  expect(gate.posts.length).toBe(1)
})

test('a network that cuts every WebSocket loses nothing, and long-polling takes over', async () => {
  const server = await startServer()
  const gate = await startGate(server.port, 'pass')
  const client = startClient(gate.url)
  const room = client.channel('room:1')
  const books = audit(room)
  await until(room, ({ status }) => status === 'joined')
  const feed = startFeed(server, 200)
  const sent: Promise<{ offset: number }>[] = []
  const chat = client.channel('room:2')
  for (let cut = 0; cut < 3; cut++) {
    await until(client, ({ transport }) => transport === 'websocket')
    for (let i = 0; i < 5; i++) sent.push(chat.publish('n', i))
    gate.reset()
    for (let i = 0; i < 5; i++) sent.push(chat.publish('n', i))
    await until(client, ({ status }) => status !== 'connected')
  }
  await until(client, ({ status }) => status === 'connected')
  expect(client.state.transport).toBe('polling')
  expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  const last = await feed.stop()
  await books.reached(last)
  expect(books.seen).toEqual(books.expected(last))
  expect(books.gaps).toEqual([])
})
