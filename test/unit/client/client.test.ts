import { describe, expect, test } from 'vitest'
import { setUp } from '../../support/harness'

describe('a client', () => {
  test.each(['', 'nonsense', '/realtime', 'ftp://test/x'])('with the URL "%s" says so when it is used', async (url) => {
    const { client } = setUp({ url })
    expect(() => client.connect()).toThrow(expect.objectContaining({ code: 'invalid' }))
    expect(() => client.channel('room').on('x', () => {})).toThrow(expect.objectContaining({ code: 'invalid' }))
    await expect(client.channel('room').publish('x', 1)).rejects.toMatchObject({ code: 'invalid', outcome: 'rejected' })
    await expect(client.ready()).rejects.toMatchObject({ code: 'invalid' })
    expect(client.state.status).toBe('idle')
  })

  test('gives the same channel for the same name, and fills in patterns', () => {
    const { client } = setUp()
    expect(client.channel('room:{id}', { params: { id: '42' } })).toBe(client.channel('room:42'))
    for (const id of ['', 'a:b']) {
      expect(() => client.channel('room:{id}', { params: { id } })).toThrow(
        expect.objectContaining({ code: 'invalid' }),
      )
    }
  })

  test('ready waits for the connection, and a signal ends the wait', async () => {
    const { client, environment, websocket, greet } = setUp()
    const controller = new AbortController()
    const aborted = client.ready({ signal: controller.signal })
    const ready = client.ready()
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toMatchObject({ code: 'aborted', cause: new Error('enough') })
    await environment.advance(0)
    await greet(await websocket.next())
    await ready
  })

  test('can be connected again after it was closed, and resumes where it stood', async () => {
    const { client, environment, websocket, connect, greet } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const seen: unknown[] = []
    room.on('x', (data) => seen.push(data))
    await environment.advance(0)
    dial.deliver(['s', 'room', 0, ['E', 4]])
    client.close()
    expect(client.state.status).toBe('closed')
    client.connect()
    await environment.advance(0)
    const next = await greet(await websocket.next())
    expect(next.frames).toContainEqual(['s', 'room', ['E', 4]])
    next.deliver(['s', 'room', 1, ['E', 4]], ['m', 'room', 5, 'x', 'later'])
    expect(seen).toEqual(['later'])
  })

  test('tells counters once per turn, and status at once', async () => {
    const { client, environment, connect } = setUp()
    await connect()
    const pending: number[] = []
    client.watch((state) => pending.push(state.pending))
    for (let n = 0; n < 100; n++) client.channel('room').publish('x', n)
    await environment.advance(0)
    expect(pending).toEqual([100])
    const before = client.state
    expect(client.state).toBe(before)
  })

  test('leaves out of its state what it does not know', () => {
    expect(setUp().client.state).toEqual({ status: 'idle', attempt: 0, pending: 0 })
  })
})

describe('events()', () => {
  async function joined() {
    const harness = setUp()
    const dial = await harness.connect()
    const room = harness.client.channel('room')
    const events = room.events('x')
    await harness.environment.advance(0)
    dial.deliver(['s', 'room', 0, ['E', 0]])
    const deliver = (from: number, to: number) => {
      for (let n = from; n <= to; n++) dial.deliver(['m', 'room', n, 'x', n])
    }
    return { ...harness, dial, room, events, deliver }
  }

  test('yields what came before it was read, and ends when the channel is left', async () => {
    const { events, deliver, room } = await joined()
    deliver(1, 3)
    const seen: unknown[] = []
    for await (const { data } of events) {
      seen.push(data)
      if (data === 2) room.leave()
    }
    expect(seen).toEqual([1, 2, 3])
  })

  test('a break unsubscribes', async () => {
    const { events, deliver, room, environment } = await joined()
    deliver(1, 1)
    for await (const _ of events) break
    await environment.advance(1_000)
    expect(room.state.status).toBe('idle')
  })

  test('a reader that is too slow gets what was kept, then an error', async () => {
    const { events, deliver } = await joined()
    deliver(1, 1_001)
    let count = 0
    await expect(
      (async () => {
        for await (const _ of events) count++
      })(),
    ).rejects.toMatchObject({ code: 'overflow' })
    expect(count).toBe(1_000)
  })

  test('a signal, also one that has aborted before, ends it', async () => {
    const { room, client } = await joined()
    const controller = new AbortController()
    const waiting = room.events('x', { signal: controller.signal }).next()
    controller.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await room.events('x', { signal: controller.signal }).next()).toEqual({ done: true, value: undefined })
    const last = room.events('x').next()
    client.close()
    expect(await last).toEqual({ done: true, value: undefined })
  })
})
