import { EverwireError } from 'everwire'
import { describe, expect, test } from 'vitest'
import { collect, startClient, until } from '../support/client'
import { startServer } from '../support/server'

describe.each(['websocket', 'polling'] as const)('over %s', (transport) => {
  async function setUp(options: Parameters<typeof startServer>[0] = {}) {
    const server = await startServer(options)
    const connect = () => startClient(server.url, { transports: [transport] })
    return { server, connect, client: connect() }
  }

  test('the first listener connects, joins and names the transport', async () => {
    const { client } = await setUp()
    expect(client.state.status).toBe('idle')
    const room = client.channel('room:1')
    room.on('message', () => {})
    await until(room, ({ status }) => status === 'joined')
    expect(client.state).toMatchObject({ status: 'connected', transport, attempt: 0, pending: 0 })
    expect(Object.isFrozen(client.state)).toBe(true)
    expect(client.state).toBe(client.state)
  })

  test('what the server publishes arrives in order', async () => {
    const { server, client } = await setUp()
    const seen = collect<number>()
    const room = client.channel('room:1')
    room.on('n', (n, info) => {
      expect(info).toEqual({ offset: n, from: undefined, own: false, id: undefined })
      seen.push(n)
    })
    await until(room, ({ status }) => status === 'joined')
    for (let n = 1; n <= 500; n++) await server.realtime.publish('room:1', 'n', n)
    const all = await seen.take(500)
    expect(all).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
  })

  test('a publish resolves with its offset and comes back as its own', async () => {
    const { client, connect } = await setUp()
    const mine = collect<unknown>()
    const theirs = collect<unknown>()
    const room = client.channel('room:1')
    const other = connect().channel('room:1')
    room.on('message', (data, { offset, own, id }) => mine.push({ data, offset, own, id }))
    other.on('message', (data, { offset, own }) => theirs.push({ data, offset, own }))
    await until(room, ({ status }) => status === 'joined')
    await until(other, ({ status }) => status === 'joined')
    const sent = room.publish('message', { text: 'hi' })
    expect(await sent).toEqual({ offset: 1, id: sent.id })
    expect(await mine.take(1)).toEqual([{ data: { text: 'hi' }, offset: 1, own: true, id: sent.id }])
    expect(await theirs.take(1)).toEqual([{ data: { text: 'hi' }, offset: 1, own: false }])
  })

  test('without echo the sender is spared, and the stream has no hole', async () => {
    const { client } = await setUp()
    const seen = collect<unknown>()
    const room = client.channel('room:1')
    room.onGap((gap) => seen.push(gap))
    room.on('message', ({ text }, { offset }) => seen.push([text, offset]))
    await until(room, ({ status }) => status === 'joined')
    await room.publish('message', { text: 'quiet' }, { echo: false })
    await room.publish('message', { text: 'loud' })
    expect(await seen.take(1)).toEqual([['loud', 2]])
  })

  test('bytes stay bytes', async () => {
    const { client } = await setUp()
    const seen = collect<Uint8Array>()
    const room = client.channel('room:1')
    room.on('pixels', (data) => seen.push(data))
    await until(room, ({ status }) => status === 'joined')
    const bytes = Uint8Array.from({ length: 300 }, (_, i) => i % 256)
    await room.publish('pixels', bytes)
    const [got] = await seen.take(1)
    expect(got).toEqual(bytes)
  })

  test('a volatile event is delivered to who is connected, and is in no history', async () => {
    const { client, connect } = await setUp()
    const seen = collect<unknown>()
    const room = client.channel('room:1')
    const other = connect().channel('room:1')
    other.on('typing', (data, { offset, own }) => seen.push({ data, offset, own }))
    await until(other, ({ status }) => status === 'joined')
    expect(room.publish('typing', { from: 'too early' }, { volatile: true })).toBe(false)
    await client.ready()
    // it promises nothing to one who is between two polls: so until one arrives
    while (seen.all.length === 0) {
      expect(room.publish('typing', { from: 'me' }, { volatile: true })).toBe(true)
      await Promise.race([seen.take(1), new Promise((resolve) => setTimeout(resolve, 20))])
    }
    expect(seen.all[0]).toEqual({ data: { from: 'me' }, offset: 0, own: false })
  })

  test('requests are answered, and errors of a handler name no internals', async () => {
    const { client } = await setUp()
    const room = client.channel('room:1')
    expect(await room.request('history', { limit: 2 })).toEqual(['line 0', 'line 1'])
    const failed = await room.request('fail', null).catch((error) => error)
    expect(failed).toBeInstanceOf(EverwireError)
    expect(failed.message).not.toContain('broke')
    await expect(room.request('slow', null, { timeout: 50 })).rejects.toMatchObject({
      code: 'timeout',
      outcome: 'unknown',
    })
  })

  test('rewind brings the last events before the live ones', async () => {
    const { server, client } = await setUp()
    for (let n = 1; n <= 10; n++) await server.realtime.publish('room:1', 'n', n)
    const seen = collect<number>()
    client.channel('room:1', { rewind: 3 }).on('n', (n) => seen.push(n))
    expect(await seen.take(3)).toEqual([8, 9, 10])
    await server.realtime.publish('room:1', 'n', 11)
    expect(await seen.take(4)).toEqual([8, 9, 10, 11])
  })

  test('an iterator yields until it is aborted', async () => {
    const { server, client } = await setUp()
    const room = client.channel('room:1')
    const controller = new AbortController()
    const seen: number[] = []
    const events = room.events('n', { signal: controller.signal })
    await until(room, ({ status }) => status === 'joined')
    for (let n = 1; n <= 3; n++) await server.realtime.publish('room:1', 'n', n)
    for await (const { data } of events) {
      seen.push(data)
      if (seen.length === 3) controller.abort()
    }
    expect(seen).toEqual([1, 2, 3])
  })

  test('a refused channel says why, and does no harm to the others', async () => {
    const { client } = await setUp()
    const secret = client.channel('secret:1')
    const denied = collect<unknown>()
    secret.onDrop((state) => denied.push(state))
    secret.on('message', () => {})
    const room = client.channel('room:1')
    room.on('message', () => {})
    await until(room, ({ status }) => status === 'joined')
    const [state] = await denied.take(1)
    expect(state).toMatchObject({ status: 'denied', code: 'forbidden' })
    expect(secret.state).toMatchObject({ status: 'denied' })
    await expect(secret.publish('message', 'x')).rejects.toMatchObject({ code: 'forbidden', outcome: 'rejected' })
  })

  test('without a drop listener the refusal lands in the state', async () => {
    const { client } = await setUp()
    client.channel('secret:1').on('message', () => {})
    const { error } = await until(client, (state) => state.error !== undefined)
    expect(error).toMatchObject({ code: 'forbidden' })
  })

  test('what is published before there is a connection is sent in order, once there is one', async () => {
    const { server, client } = await setUp()
    await server.stop()
    const room = client.channel('room:1')
    const sent = [1, 2, 3, 4, 5].map((n) => room.publish('n', n))
    expect(client.state.pending).toBe(5)
    await until(client, ({ status }) => status === 'waiting')
    await server.start()
    client.connect()
    expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5])
    await client.flush()
    expect(client.state.pending).toBe(0)
  })

  test('a client that is closed settles everything', async () => {
    const { server, client } = await setUp()
    await server.stop()
    const room = client.channel('room:1')
    const sent = room.publish('n', 1)
    const ready = client.ready()
    client.close()
    await expect(sent).rejects.toMatchObject({ code: 'closed' })
    await expect(ready).rejects.toMatchObject({ code: 'closed' })
    await expect(room.publish('n', 2)).rejects.toMatchObject({ code: 'closed', outcome: 'rejected' })
    expect(client.state).toMatchObject({ status: 'closed', pending: 0 })
  })
})
