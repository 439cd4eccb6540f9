import { describe, expect, test } from 'vitest'
import { setUp } from '../../support/harness'

async function joined() {
  const harness = setUp()
  const dial = await harness.connect()
  const room = harness.client.channel('room')
  const seen: unknown[] = []
  room.on('x', (data, { offset }) => seen.push([offset, data]))
  room.onGap(({ reason, missed }) => seen.push([reason, missed]))
  await harness.environment.advance(0)
  dial.deliver(['s', 'room', 0, ['E', 4]])
  return { ...harness, dial, room, seen }
}
const event = (offset: number) => ['m', 'room', offset, 'x', `event ${offset}`] as const

describe('what the server says', () => {
  test('that this version does not know is ignored', async () => {
    const { dial, client, seen } = await joined()
    dial.receive('["?",1,2,3]\n["m","room",5,"x","event 5",{"f":"a:1","new":true},"more"]\n["@",{}]')
    expect(seen).toEqual([[5, 'event 5']])
    expect(client.state.status).toBe('connected')
  })

  test.each([
    '{}',
    'nonsense',
    '["m","room","5","x",1]',
    '["m","room",-1,"x",1]',
    '["m","room",1.5,"x",1]',
    '["k",1]',
    '["k",1,null]',
    '["s","room",1,5]',
    '["s","room",1,["E",-1]]',
    '["w",null]',
    '["w",{}]',
    '["b","x"]',
  ])('that makes no sense ends the link, and the client comes back: %s', async (text) => {
    const { dial, client, environment, websocket } = await joined()
    dial.receive(text)
    expect(dial.over).toBe(true)
    expect(client.state.status).toBe('waiting')
    await environment.advance(2_000)
    expect(websocket.all.length).toBe(2)
  })

  test('about a channel or a send that is not ours changes nothing', async () => {
    const { dial, client, seen } = await joined()
    dial.deliver(
      ['m', 'other', 1, 'x', 1],
      ['k', 99, 1],
      ['r', 98, 1],
      ['n', 97, 'x', '', null],
      ['d', 'other', 'x', '', null],
    )
    expect(seen).toEqual([])
    expect(client.state).toMatchObject({ status: 'connected', pending: 0 })
  })

  test('repeated or out of order is delivered once and in order', async () => {
    const { dial, seen, environment } = await joined()
    dial.deliver(event(5), event(5), event(4), event(6))
    expect(seen).toEqual([
      [5, 'event 5'],
      [6, 'event 6'],
    ])
    dial.deliver(event(9))
    await environment.advance(0)
    expect(dial.frames.at(-1)).toEqual(['s', 'room', ['E', 6]])
    dial.deliver(event(10), ['s', 'room', 1, ['E', 6]], event(7), event(8))
    expect(seen.slice(2)).toEqual([
      [7, 'event 7'],
      [8, 'event 8'],
    ])
  })

  test('that never agrees on a place ends the link instead of going round for ever', async () => {
    const { dial, client, environment } = await joined()
    for (let i = 0; i < 10; i++) {
      dial.deliver(['s', 'room', 1, ['E', 4]], event(9))
      await environment.advance(0)
    }
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'out_of_step' } })
    expect(dial.frames.filter(([op]) => op === 's').length).toBeLessThan(8)
  })

  test('a gap is told once, and the stream goes on behind it', async () => {
    const { dial, seen } = await joined()
    const gap = ['g', 'room', ['F', 20], 'epoch', null, ['E', 4]] as const
    dial.deliver(gap, gap, event(21))
    expect(seen).toEqual([
      ['epoch', null],
      [21, 'event 21'],
    ])
  })

  test('a listener that throws stops neither the others nor the stream', async () => {
    const { dial, room, seen } = await joined()
    const errors: unknown[] = []
    const before = console.error
    console.error = (error) => errors.push(error)
    room.on('x', () => {
      throw new Error('listener')
    })
    const late: unknown[] = []
    room.on('x', (data) => late.push(data))
    dial.deliver(event(5), event(6))
    console.error = before
    expect(seen.length).toBe(2)
    expect(late).toEqual(['event 5', 'event 6'])
    expect(errors.length).toBe(2)
  })
})

describe('subscriptions', () => {
  test('are resumed on the next link from where they stood', async () => {
    const { dial, environment, websocket, greet, seen } = await joined()
    dial.deliver(event(5))
    dial.drop()
    await environment.advance(1_000)
    const next = await greet(await websocket.next())
    expect(next.frames).toContainEqual(['s', 'room', ['E', 5]])
    next.deliver(['s', 'room', 1, ['E', 5]], event(6))
    expect(seen).toEqual([
      [5, 'event 5'],
      [6, 'event 6'],
    ])
  })

  test('are left a second after the last listener, and not when another comes in between', async () => {
    const { dial, client, environment } = await joined()
    const room = client.channel('lobby')
    const off = room.on('y', () => {})
    await environment.advance(0)
    dial.deliver(['s', 'lobby', 0, ['E', 0]])
    off()
    await environment.advance(900)
    room.on('y', () => {})()
    await environment.advance(900)
    expect(dial.frames).not.toContainEqual(['u', 'lobby'])
    await environment.advance(100)
    expect(dial.frames).toContainEqual(['u', 'lobby'])
    expect(room.state.status).toBe('idle')
  })

  test('that are refused for a while are asked for again; for good, only after refreshAuth', async () => {
    const { dial, client, environment } = await joined()
    const room = client.channel('lobby')
    room.on('y', () => {})
    await environment.advance(0)
    const asked = () => dial.frames.filter(([op, name]) => op === 's' && name === 'lobby').length
    dial.deliver(['d', 'lobby', 'rate', 'slow down', 1_000])
    expect(room.state).toMatchObject({ status: 'denied', code: 'rate', retryAt: environment.wall() + 1_000 })
    await environment.advance(999)
    expect(asked()).toBe(1)
    await environment.advance(1)
    expect([asked(), room.state.status]).toEqual([2, 'joining'])
    dial.deliver(['d', 'lobby', 'forbidden', 'no', null])
    await environment.advance(20_000)
    expect([asked(), room.state.status]).toEqual([2, 'denied'])
    await client.refreshAuth()
    await environment.advance(0)
    expect(asked()).toBe(3)
  })

  test('rewind counts on joining only, and a different one after that is refused', async () => {
    const { dial, client, environment } = await joined()
    const room = client.channel('lobby', { rewind: 5 })
    expect(client.channel('lobby', { rewind: 20 })).toBe(room)
    room.on('y', () => {})
    await environment.advance(0)
    expect(dial.frames).toContainEqual(['s', 'lobby', null, { r: 20 }])
    expect(client.channel('lobby', { rewind: 20 })).toBe(room)
    expect(() => client.channel('lobby', { rewind: 30 })).toThrow(/joined/)
  })
})
