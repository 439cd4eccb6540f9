import { describe, expect, test } from 'vitest'
import { startClient, until } from '../support/client'
import { audit, startFeed } from '../support/feed'
import { startServer } from '../support/server'

describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
  test('the server stops listening and listens again: nothing is lost, doubled or reordered', async () => {
    const server = await startServer()
    const client = startClient(server.url, { transports: [transport] })
    const room = client.channel('room:1')
    const books = audit(room)
    await until(room, ({ status }) => status === 'joined')
    const feed = startFeed(server, 200)
    await books.reached(20)
    const sent: Promise<{ offset: number }>[] = []
    const chat = client.channel('room:2')
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 10; i++) sent.push(chat.publish('n', sent.length))
      await server.stop()
      for (let i = 0; i < 10; i++) sent.push(chat.publish('n', sent.length))
      await until(client, ({ status }) => status === 'waiting')
      await server.start()
      await until(client, ({ status }) => status === 'connected')
    }
    const offsets = (await Promise.all(sent)).map(({ offset }) => offset)
    expect(offsets).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
    const last = await feed.stop()
    await books.reached(last)
    expect(books.seen).toEqual(books.expected(last))
    expect(books.gaps).toEqual([])
  })

  test('a server without memory is one gap, and the stream goes on', async () => {
    const server = await startServer()
    const client = startClient(server.url, { transports: [transport] })
    const room = client.channel('room:1')
    const books = audit(room)
    await until(room, ({ status }) => status === 'joined')
    for (let n = 1; n <= 3; n++) await server.realtime.publish('room:1', 'n', n)
    await books.reached(3)
    const gap = new Promise((resolve) => room.onGap(resolve))
    await server.forget()
    await gap
    for (let n = 4; n <= 6; n++) await server.realtime.publish('room:1', 'n', n)
    await books.reached(6)
    expect(books.gaps).toEqual([{ reason: 'epoch', missed: null }])
    expect(books.seen).toEqual([1, 2, 3, 4, 5, 6])
  })
})

test('a client over both transports loses nothing through three restarts', async () => {
  const server = await startServer()
  const client = startClient(server.url)
  const room = client.channel('room:1')
  const books = audit(room)
  await until(room, ({ status }) => status === 'joined')
  const feed = startFeed(server, 200)
  for (let round = 0; round < 3; round++) {
    await until(client, (state) => state.transport === 'websocket')
    await server.stop()
    await until(client, ({ status }) => status !== 'connected')
    await server.start()
    await until(client, ({ status }) => status === 'connected')
  }
  const last = await feed.stop()
  await books.reached(last)
  expect(books.seen).toEqual(books.expected(last))
  expect(books.gaps).toEqual([])
})
