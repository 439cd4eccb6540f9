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
    const statuses: string[] = []
    room.watch(({ status }) => statuses.push(status))
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
    expect(statuses).toEqual(['joining', 'joined'])
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

  test('says in its state what it knows, and nothing of the rest', async () => {
    const { client, connect } = setUp()
    expect(client.state).toStrictEqual({ status: 'idle', attempt: 0, pending: 0 })
    await connect()
    const { retryAt, error, ...known } = client.state
    expect(known).toEqual({ status: 'connected', transport: 'websocket', attempt: 0, pending: 0, rtt: 0 })
    expect([retryAt, error]).toEqual([undefined, undefined])
    expect(Object.isFrozen(client.state)).toBe(true)
  })

  test('does not wait for what a signal has ended before', async () => {
    const { client, connect } = setUp()
    await connect()
    const signal = AbortSignal.abort('enough')
    await expect(client.ready({ signal })).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
    await expect(client.flush({ signal })).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
  })

  test('flush waits for as long as it may, and for every send', async () => {
    const { client, connect, environment } = setUp()
    const dial = await connect()
    const sent = client.channel('room').publish('x', 1)
    const late = expect(client.flush({ timeout: 100 })).rejects.toMatchObject({ code: 'timeout' })
    const flushed = client.flush()
    await environment.advance(100)
    await late
    dial.deliver(['k', 1, 7])
    await flushed
    expect(await sent).toEqual({ offset: 7, id: 1 })
  })

  test('has a refusal in its state only if nobody else has heard it, until the next connection', async () => {
    const { client, connect, environment, websocket, greet } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const denied: unknown[] = []
    const off = room.onDrop((state) => denied.push(state))
    room.on('x', () => {})
    await environment.advance(0)
    dial.deliver(['d', 'room', 'overloaded', 'later', 500])
    expect(denied).toEqual([room.state])
    expect(room.state).toMatchObject({ code: 'overloaded', message: 'later', retryAt: environment.wall() + 500 })
    expect(client.state.error).toBeUndefined()
    off()
    await environment.advance(500)
    expect(room.state).toEqual({ status: 'joining' })
    dial.deliver(['d', 'room', 'forbidden', 'no', null])
    expect(room.state).toEqual({ status: 'denied', code: 'forbidden', message: 'no' })
    expect(client.state.error).toMatchObject({ code: 'forbidden' })
    dial.drop()
    expect(client.state.error).toMatchObject({ code: 'lost' })
    client.connect()
    await environment.advance(0)
    await greet(await websocket.next())
    expect(client.state).toMatchObject({ status: 'connected', error: undefined })
  })

  test('lets go of the signal of a wait that is over', async () => {
    const { client, connect } = setUp()
    const { signal } = new AbortController()
    const kept = new Set<unknown>()
    signal.addEventListener = (_type: string, listener: unknown) => void kept.add(listener)
    signal.removeEventListener = (_type: string, listener: unknown) => void kept.delete(listener)
    const ready = client.ready({ signal })
    expect(kept.size).toBe(1)
    await connect()
    await ready
    await client.flush({ signal, timeout: 1_000 })
    const events = client.channel('room').events('x', { signal })
    expect(kept.size).toBe(1)
    await events.return?.()
    expect(kept.size).toBe(0)
  })

  test('that was closed says so, whatever went wrong before', async () => {
    const { client, environment, websocket, polling } = setUp()
    client.connect()
    await environment.advance(0)
    for (const dials of [websocket, polling]) (await dials.next()).refuse()
    await environment.advance(0)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'lost' } })
    client.close()
    await expect(client.ready()).rejects.toMatchObject({ code: 'closed' })
    await expect(client.channel('room').publish('x', 1)).rejects.toMatchObject({ code: 'closed', outcome: 'rejected' })
  })

  test('that the server has closed for good says why, everywhere, at once', async () => {
    const { client, connect, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const next = room.events('x').next()
    const sent = room.publish('x', 1)
    await environment.advance(0)
    const pending: unknown[] = []
    client.watch(({ status, pending: count }) => pending.push([status, count]))
    dial.deliver(['b', 4506, 'kicked', null])
    expect(pending[0]).toEqual(['closed', 0])
    await expect(next).rejects.toMatchObject({ code: 'kicked' })
    await expect(sent).rejects.toMatchObject({ code: 'kicked', outcome: 'unknown' })
    await expect(client.ready()).rejects.toMatchObject({ code: 'kicked' })
    await expect(room.publish('x', 2)).rejects.toMatchObject({ code: 'kicked', outcome: 'rejected' })
    expect(() => room.on('x', () => {})).toThrow(expect.objectContaining({ code: 'kicked' }))
  })
})

describe('a listener', () => {
  test('is called as often as it was added, until it is taken out', async () => {
    const { client, connect, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const seen: unknown[] = []
    const listener = (data: unknown) => seen.push(data)
    const off = room.on('x', listener)
    const offToo = room.on('x', listener)
    room.on('x', (data) => {
      if (data === 1) room.on('x', (later) => seen.push(`late ${later}`))
    })
    await environment.advance(0)
    dial.deliver(['s', 'room', 0, ['E', 0]], ['m', 'room', 1, 'x', 1])
    expect(seen).toEqual([1, 1])
    off()
    off()
    dial.deliver(['m', 'room', 2, 'x', 2])
    expect(seen).toEqual([1, 1, 2, 'late 2'])
    offToo()
    dial.deliver(['m', 'room', 3, 'x', 3])
    expect(seen).toEqual([1, 1, 2, 'late 2', 'late 3'])
  })

  test('that is the last one leaves the channel a second later, unless one comes back', async () => {
    const { client, connect, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const statuses: string[] = []
    room.watch(({ status }) => statuses.push(status))
    const off = room.on('x', () => {})
    await environment.advance(0)
    dial.deliver(['s', 'room', 0, ['E', 0]])
    off()
    await environment.advance(999)
    const offToo = room.on('x', () => {})
    await environment.advance(1_000)
    expect(statuses).toEqual(['joining', 'joined'])
    offToo()
    offToo()
    await environment.advance(1_000)
    expect(statuses).toEqual(['joining', 'joined', 'idle'])
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

  test('return() ends it, also while reads wait, and unsubscribes once', async () => {
    const { events, deliver, room, environment } = await joined()
    room.on('x', () => {})
    const reads = [events.next(), events.next(), events.next()]
    deliver(1, 1)
    expect(await events.return?.()).toEqual({ done: true, value: undefined })
    expect(await events.return?.()).toEqual({ done: true, value: undefined })
    deliver(2, 2)
    const done = { done: true, value: undefined }
    expect(await Promise.all(reads)).toMatchObject([{ done: false, value: { data: 1 } }, done, done])
    expect(await events.next()).toEqual(done)
    await environment.advance(1_000)
    expect(room.state.status).toBe('joined')
  })

  test('what was not read when it was returned is gone', async () => {
    const { events, deliver } = await joined()
    deliver(1, 3)
    expect(await events.next()).toMatchObject({ value: { data: 1 } })
    await events.return?.()
    expect(await events.next()).toEqual({ done: true, value: undefined })
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

test('a page that goes for good says so, and its client is closed', async () => {
  const { client, connect, environment } = setUp()
  const dial = await connect()
  environment.hint('gone')
  expect(dial.frames.at(-1)).toEqual(['x'])
  expect(dial.over).toBe(true)
  expect(client.state.status).toBe('closed')
})
