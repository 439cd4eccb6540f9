import { describe, expect, test } from 'vitest'
import { setUp, welcome } from '../../support/harness'

const of = (frames: unknown[][], ...ops: string[]) => frames.filter(([op]) => ops.includes(op as string))

describe('a new link', () => {
  test('carries every unsettled send, in order, before a new one, and says how old each is', async () => {
    const { connect, client, environment, websocket, greet } = setUp({ transports: ['websocket'] })
    const room = client.channel('room')
    const sent = [room.publish('x', 1), room.publish('x', 2), room.publish('x', 3)]
    const dial = await connect()
    expect(of(dial.frames, 'p').map(([, n, , , data]) => [n, data])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ])
    dial.deliver(['k', 1, 1])
    await environment.advance(1_000)
    dial.drop()
    room.publish('x', 4)
    await environment.advance(1_000)
    const next = await greet(await websocket.next())
    await environment.advance(0)
    const again = of(next.frames, 'p') as [string, number, string, string, unknown, { a?: number }][]
    expect(again.map(([, n]) => n)).toEqual([2, 3, 4])
    expect(again[0]?.[5]?.a).toBeGreaterThanOrEqual(1_000)
    expect(again[2]?.[5]?.a).toBeUndefined()
    next.deliver(['k', 2, 2, 3, 3, 4, 4])
    expect(await Promise.all(sent)).toEqual([
      { offset: 1, id: 1 },
      { offset: 2, id: 2 },
      { offset: 3, id: 3 },
    ])
    expect(client.state.pending).toBe(0)
  })

  test('says no more before the welcome than a server buffers, and the rest in order after it', async () => {
    const { client, environment, websocket, greet } = setUp({ quickHello: false, queue: { messages: 2_000 } })
    const room = client.channel('room')
    for (let n = 1; n <= 500; n++) room.publish('x', 'x'.repeat(100))
    client.connect()
    await environment.advance(0)
    const dial = await websocket.next()
    dial.accept()
    await environment.advance(0)
    expect(of(dial.frames, 'p').length).toBeLessThan(200)
    expect(dial.sent.map(({ message }) => message).join('').length).toBeLessThan(64_000)
    await greet(dial)
    await environment.advance(0)
    expect(of(dial.frames, 'p').map(([, n]) => n)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    for (const { message } of dial.sent) expect(message.length).toBeLessThan(64_000)
  })

  test('carries bytes as a message of their own, in their place', async () => {
    const { connect, client, environment } = setUp({ quickHello: false })
    const room = client.channel('room')
    const dial = await connect()
    room.publish('x', 1)
    room.publish('x', new Uint8Array([1, 2, 3]))
    room.publish('x', 3)
    await environment.advance(0)
    expect(of(dial.frames, 'p').map(([, n, , , data]) => [n, data])).toEqual([
      [1, 1],
      [2, new Uint8Array([1, 2, 3])],
      [3, 3],
    ])
  })
})

describe('a refusal', () => {
  test('for good rejects, and what came after it goes on', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const sent = client.channel('room').publish('x', 1)
    await environment.advance(0)
    dial.deliver(['n', 1, 'forbidden', 'no', null])
    await expect(sent).rejects.toMatchObject({ code: 'forbidden', outcome: 'rejected', message: 'no' })
  })

  test('for now is sent again after its time, with all that follows, and lets nothing new past', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    for (const n of [1, 2, 3]) room.publish('x', n)
    await environment.advance(0)
    dial.deliver(['k', 1, 1], ['n', 2, 'rate', 'slow', 500])
    room.publish('x', 4)
    await environment.advance(499)
    expect(of(dial.frames, 'p').map(([, n]) => n)).toEqual([1, 2, 3])
    await environment.advance(1)
    expect(of(dial.frames, 'p').map(([, n]) => n)).toEqual([1, 2, 3, 2, 3, 4])
  })

  test('for now of a send that was given up is answered with z, then all that is left', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const controller = new AbortController()
    const given = room.publish('x', 1, { signal: controller.signal })
    room.publish('x', 2)
    await environment.advance(0)
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'aborted', outcome: 'unknown' })
    dial.deliver(['n', 1, 'rate', 'slow', 500])
    await environment.advance(0)
    expect(of(dial.frames, 'p', 'z').map(([op, n]) => [op, n])).toEqual([
      ['p', 1],
      ['p', 2],
      ['z', 1],
      ['p', 2],
    ])
  })

  test('given up while waiting for its time lifts the stop, too', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    room.publish('x', 1, { timeout: 100 })
    room.publish('x', 2)
    await environment.advance(0)
    dial.deliver(['n', 1, 'rate', 'slow', 500])
    await environment.advance(500)
    expect(
      of(dial.frames, 'p', 'z')
        .slice(2)
        .map(([op, n]) => [op, n]),
    ).toEqual([
      ['z', 1],
      ['p', 2],
    ])
  })

  test('of a later send, while an earlier one waits for its time, is where the server stands: all from the earlier one on is said again', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const controller = new AbortController()
    room.publish('x', 1)
    await environment.advance(0)
    dial.deliver(['n', 1, 'rate', 'slow', 500])
    await environment.advance(500) // said again
    const given = room.publish('x', 2, { signal: controller.signal })
    const last = room.publish('x', 3)
    await environment.advance(0)
    controller.abort()
    await expect(given).rejects.toMatchObject({ code: 'aborted', outcome: 'unknown' })
    const before = dial.frames.length
    // the first copy of 1 was refused once more, the second accepted, and then 2 was refused
    dial.deliver(['n', 1, 'rate', 'slow', 500], ['n', 2, 'rate', 'slow', 500], ['k', 1, 7])
    await environment.advance(0)
    expect(of(dial.frames.slice(before), 'p', 'z').map(([op, n]) => [op, n])).toEqual([
      ['z', 2],
      ['p', 3],
    ])
    dial.deliver(['k', 3, 8])
    expect(await last).toEqual({ offset: 8, id: 3 })
  })

  test('of several that are given up lifts each stop, and all from the first one on is said again', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const room = client.channel('room')
    const controller = new AbortController()
    const { signal } = controller
    room.publish('x', 1, { signal })
    room.publish('x', 2)
    room.publish('x', 3, { signal })
    room.publish('x', 4)
    await environment.advance(0)
    controller.abort()
    const before = dial.frames.length
    dial.deliver(['n', 1, 'rate', 'slow', 500], ['n', 3, 'rate', 'slow', 500])
    await environment.advance(0)
    expect(of(dial.frames.slice(before), 'p', 'z').map(([op, n]) => [op, n])).toEqual([
      ['z', 1],
      ['z', 3],
      ['p', 2],
      ['p', 4],
    ])
  })

  test('of a request is final', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const asked = client.channel('room').request('sum', 1)
    await environment.advance(0)
    dial.deliver(['n', 1, 'rate', 'slow', 500])
    await expect(asked).rejects.toMatchObject({ code: 'rate', retryMs: 500, outcome: 'rejected' })
  })
})

describe('a send', () => {
  test('that is given up before its first try never happened; after it, nobody knows', async () => {
    const { connect, client, environment } = setUp()
    const room = client.channel('room')
    const early = new AbortController()
    early.abort()
    await expect(room.publish('x', 0, { signal: early.signal })).rejects.toMatchObject({
      code: 'aborted',
      outcome: 'rejected',
    })
    const queued = room.publish('x', 1, { timeout: 5 })
    await environment.advance(5)
    await expect(queued).rejects.toMatchObject({ code: 'timeout', outcome: 'rejected' })
    await connect()
    const tried = room.publish('x', 2, { timeout: 5 })
    await environment.advance(5)
    await expect(tried).rejects.toMatchObject({ code: 'timeout', outcome: 'unknown' })
    expect(client.state.pending).toBe(0)
  })

  test('is taken down at the call: what changes later is not sent', async () => {
    const { connect, client, environment } = setUp()
    const data = { text: 'before' }
    const bytes = new Uint8Array([1])
    client.channel('room').publish('x', data)
    client.channel('room').publish('x', bytes)
    data.text = 'after'
    bytes[0] = 2
    const dial = await connect()
    await environment.advance(0)
    expect(of(dial.frames, 'p').map(([, , , , sent]) => sent)).toEqual([{ text: 'before' }, new Uint8Array([1])])
  })

  test.each([[() => {}], [10n], [Symbol('x')]])('of %s is refused, and nothing is lost', async (data) => {
    const { client } = setUp()
    const room = client.channel('room')
    await expect(room.publish('x', data)).rejects.toMatchObject({ code: 'invalid', outcome: 'rejected' })
    expect(client.state.pending).toBe(0)
  })

  test('bigger than the server takes is refused before it is sent', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const sent = client.channel('room').publish('x', 'x'.repeat(70_000))
    sent.catch(() => {})
    await environment.advance(0)
    await expect(sent).rejects.toMatchObject({ code: 'too_big' })
    expect(of(dial.frames, 'p')).toEqual([])
  })

  test('says how long ago it was first tried, sleep included: the server knows whether it still remembers', async () => {
    const { connect, client, environment, websocket, greet } = setUp({ transports: ['websocket'] })
    const dial = await connect()
    const room = client.channel('room')
    const old = room.publish('x', 'old')
    old.catch(() => {})
    await environment.advance(0)
    dial.drop()
    const fresh = room.publish('x', 'fresh')
    environment.sleep(200_000)
    await environment.advance(1_000)
    const next = await greet(await websocket.next())
    await environment.advance(0)
    const [first, second] = of(next.frames, 'p').map(([, n, , , , options]) => [n, (options as { a?: number })?.a ?? 0])
    expect([first?.[0], second]).toEqual([1, [2, 0]])
    expect(first?.[1]).toBeGreaterThanOrEqual(200_000)
    next.deliver(['n', 1, 'unknown', '', null], ['k', 2, 1])
    await expect(old).rejects.toMatchObject({ code: 'unknown', outcome: 'unknown' })
    expect(await fresh).toEqual({ offset: 1, id: 2 })
  })

  test('too many is refused by default, or pushes out the oldest that was never tried', async () => {
    const { client } = setUp({ queue: { messages: 2 } })
    const room = client.channel('room')
    room.publish('x', 1)
    room.publish('x', 2)
    await expect(room.publish('x', 3)).rejects.toMatchObject({ code: 'queue_full', outcome: 'rejected' })
    const other = setUp({ queue: { messages: 2, policy: 'drop-oldest' } }).client
    const first = other.channel('room').publish('x', 1)
    other.channel('room').publish('x', 2)
    other.channel('room').publish('x', 3)
    await expect(first).rejects.toMatchObject({ code: 'dropped', outcome: 'rejected' })
    expect(other.state.pending).toBe(2)
  })

  test('that is volatile goes now or never', async () => {
    const { connect, client } = setUp()
    const room = client.channel('room')
    expect(room.publish('x', 1, { volatile: true })).toBe(false)
    const dial = await connect()
    expect(room.publish('x', 2, { volatile: true })).toBe(true)
    expect(of(dial.frames, 'e')).toEqual([['e', 'room', 'x', 2]])
    expect(() => room.publish('x', 10n, { volatile: true })).toThrow('invalid')
  })

  test('sent during one turn goes out as one message', async () => {
    const { connect, client, environment } = setUp()
    const dial = await connect()
    const before = dial.sent.length
    for (let n = 0; n < 50; n++) client.channel('room').publish('x', n)
    await environment.advance(0)
    expect(dial.sent.length).toBe(before + 1)
  })
})

describe('over long-polling', () => {
  test('each exchange says all that is unsettled, and what does not fit waits for room', async () => {
    const { client, environment, polling } = setUp({ transports: ['polling'], queue: { messages: 2_000 } })
    const room = client.channel('room')
    client.connect()
    await environment.advance(0)
    const dial = await polling.next()
    dial.accept()
    dial.deliver(welcome)
    await environment.advance(0)
    for (let n = 1; n <= 300; n++) room.publish('x', n)
    await environment.advance(0)
    const carried = () => of(dial.frames, 'p').map(([, n]) => n as number)
    expect(Math.max(...carried())).toBeLessThan(200)
    const acks = Array.from({ length: 150 }, (_, i) => [i + 1, i + 1]).flat()
    dial.deliver(['k', ...acks])
    await environment.advance(0)
    expect(Math.max(...carried())).toBe(300)
  })
})

test('flush resolves when everything of now has settled, whatever the outcome', async () => {
  const { connect, client, environment } = setUp()
  const dial = await connect()
  const room = client.channel('room')
  room.publish('x', 1)
  room.publish('x', 2)
  let flushed = false
  const done = client.flush().then(() => {
    flushed = true
  })
  await environment.advance(0)
  dial.deliver(['k', 1, 1])
  await environment.advance(0)
  expect(flushed).toBe(false)
  dial.deliver(['n', 2, 'forbidden', '', null])
  await done
  room.publish('x', 3)
  const limited = client.flush({ timeout: 10 })
  limited.catch(() => {})
  await environment.advance(10)
  await expect(limited).rejects.toMatchObject({ code: 'timeout' })
})

describe('an answer over long-polling', () => {
  test('that was cut is asked for again with what is still unsettled', async () => {
    const { client, environment, polling, greet } = setUp({ transports: ['polling'] })
    client.connect()
    await environment.advance(0)
    const dial = await greet(await polling.next())
    client.channel('room').publish('x', 1)
    client.channel('room').publish('x', 2)
    await environment.advance(0)
    const sent = () => dial.frames.filter(([op]) => op === 'p').map(([, n]) => n)
    expect(sent()).toEqual([1, 2])
    dial.deliver(['k', 1, 7], ['y'])
    await environment.advance(0)
    expect(sent()).toEqual([1, 2, 2])
  })

  test('comes before anything is tried that was never tried: a request may go to where nobody is', async () => {
    const { client, environment, polling, greet } = setUp({ transports: ['polling'] })
    const sent = client.channel('room').publish('x', 1)
    await environment.advance(0)
    const dial = await polling.next()
    expect(dial.frames.map(([op]) => op)).toEqual(['h'])
    await greet(dial)
    expect(dial.frames.map(([op]) => op)).toEqual(['h', 'h', 'p'])
    dial.deliver(['k', 1, 3])
    expect(await sent).toEqual({ offset: 3, id: 1 })
  })
})

test('a hello says by which process of the server the client was welcomed last', async () => {
  const { connect, environment, websocket, greet } = setUp({ transports: ['websocket'] })
  const dial = await connect()
  expect(dial.frames[0]?.[1]).not.toHaveProperty('i')
  const [op, info] = welcome as ['w', object]
  dial.deliver([op, { ...info, i: 'one' }] as unknown as typeof welcome)
  dial.drop()
  await environment.advance(1_000)
  const next = await greet(await websocket.next())
  expect(next.frames[0]?.[1]).toMatchObject({ i: 'one' })
})
