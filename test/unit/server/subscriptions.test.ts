import { expect, test } from 'vitest'
import type { Broker } from '../../../src/server/broker'
import { createMemoryBroker } from '../../../src/server/memory-broker'
import { EverwireError } from '../../../src/shared/errors'
import { brief, createVirtualClock, hello, only, startCore, ticketOf, turn } from './support'

const cursorOf = (frames: unknown[][]) => (only(frames, 's')[0] ?? [])[3] as [string, number]
const offsets = (frames: unknown[][]) => only(frames, 'm').map((frame) => frame[2])

test('a fresh subscribe begins at the end of the stream', async () => {
  const { core, connect } = startCore()
  await core.publish('room:1', 'm', 'before')
  const socket = connect()
  const frames = await socket.hello('ann', {}, ['s', 'room:1', null])
  expect(only(frames, 's')).toEqual([['s', 'room:1', 0, [expect.any(String), 1]]])
  await core.publish('room:1', 'm', 'after')
  await turn()
  expect(offsets(socket.frames)).toEqual([2])
})

test('a rewind begins before the last so many events', async () => {
  const { core, connect } = startCore()
  for (let i = 1; i <= 5; i++) await core.publish('room:1', 'm', i)
  const frames = await connect().hello('ann', {}, ['s', 'room:1', null, { r: 2 }])
  expect(only(frames, 's')[0]?.[3]).toEqual([expect.any(String), 3])
  expect(offsets(frames)).toEqual([4, 5])
})

test('a resume echoes the cursor and replays what came after it', async () => {
  const { core, connect } = startCore()
  const before = await connect().hello('ann', {}, ['s', 'room:1', null])
  const cursor = only(before, 's')[0]?.[3] as [string, number]
  for (let i = 1; i <= 600; i++) await core.publish('room:1', 'm', i)
  const socket = connect()
  await socket.hello('ann', { g: 2 }, ['s', 'room:1', cursor])
  expect(socket.of('s')).toEqual([['s', 'room:1', 1, cursor]])
  expect(offsets(socket.frames)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1))
  expect(socket.of('g')).toEqual([])
})

test('a cursor of another epoch, an empty epoch and one ahead of the stream get a gap that echoes it', async () => {
  const { core, connect } = startCore()
  await core.publish('room:1', 'm', 1)
  const fresh = await connect().hello('ann', {}, ['s', 'room:1', null])
  const [epoch] = cursorOf(fresh)
  for (const [cursor, reason] of [
    [['other', 1], 'epoch'],
    [['', 1], 'epoch'],
    [[epoch, 9], 'ahead'],
  ] as const) {
    const frames = await connect().hello(`bob${reason}${cursor[0]}`, {}, ['s', 'room:1', cursor])
    expect(only(frames, 's')).toEqual([['s', 'room:1', 1, cursor]])
    expect(only(frames, 'g')).toEqual([['g', 'room:1', [epoch, 1], reason, null, cursor]])
  }
})

test('events published while a subscribe is being answered come once', async () => {
  const { clock } = createVirtualClock()
  const memory = createMemoryBroker({ clock, epoch: () => 'e1' })
  let release = () => {}
  const slow: Broker = {
    ...memory,
    async position(channel) {
      const position = await memory.position(channel)
      await new Promise<void>((resolve) => {
        release = resolve
      })
      return position
    },
  }
  const { core, connect } = startCore({ broker: slow })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', ['e1', 0]])
  for (let i = 1; i <= 3; i++) await core.publish('room:1', 'm', i)
  release()
  await turn()
  await core.publish('room:1', 'm', 4)
  await turn()
  expect(offsets(socket.frames)).toEqual([1, 2, 3, 4])
})

test('one who subscribes and publishes in one breath sees the event', async () => {
  const { connect } = startCore({
    channels: {
      'room:{id}': {
        publish: () => true,
        subscribe: () => new Promise((resolve) => setImmediate(() => resolve(true))),
      },
    },
  })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null], ['p', 1, 'room:1', 'm', 'mine'])
  await turn()
  await turn()
  expect(offsets(socket.frames)).toEqual([1])
})

test('each subscribe has one answer, and after an unsubscribe in between only the last one counts', async () => {
  const { core, connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null], ['u', 'room:1'], ['s', 'room:1', null], ['u', 'room:1'])
  expect(socket.of('s')).toHaveLength(2)
  await core.publish('room:1', 'm', 1)
  await turn()
  expect(socket.of('m')).toEqual([])
  await socket.say(['s', 'room:1', null])
  await core.publish('room:1', 'm', 2)
  await turn()
  expect(offsets(socket.frames)).toEqual([2])
})

test('who may not read is told so, in the same words as for a channel that does not exist', async () => {
  const { connect } = startCore({ channels: { 'room:{id}': { subscribe: ({ params }) => params.id !== 'secret' } } })
  const frames = await connect().hello(
    'ann',
    {},
    ['s', 'room:secret', null],
    ['s', 'nowhere', null],
    ['s', '@room:1', null],
  )
  expect(only(frames, 'd').map((frame) => frame.slice(2))).toEqual(Array(3).fill(['forbidden', '', null]))
})

test('a permission that was lost while away is told as revoked', async () => {
  const { connect } = startCore({ channels: { 'room:{id}': { subscribe: () => false } } })
  const frames = await connect().hello('ann', {}, ['s', 'room:1', ['e', 1]])
  expect(brief(only(frames, 'd'))).toEqual([['d', 'room:1', 'revoked']])
})

test('a hook may send a subscriber away for a while', async () => {
  const subscribe = () => {
    throw new EverwireError('full', 'no seats', { retryMs: 3_000 })
  }
  const { connect } = startCore({ channels: { 'room:{id}': { subscribe } } })
  const frames = await connect().hello('ann', {}, ['s', 'room:1', null])
  expect(only(frames, 'd')).toEqual([['d', 'room:1', 'full', 'no seats', 3_000]])
})

test('unsubscribe by the server ends it on every connection of that user', async () => {
  const { core, connect } = startCore({
    authenticate: ({ token }) => ({ id: token }),
    channels: { 'room:{id}': {} },
  })
  const ann = connect()
  const bob = connect()
  await ann.hello('ann', { t: 'ann' }, ['s', 'room:1', null])
  await bob.hello('bob', { t: 'bob' }, ['s', 'room:1', null])
  core.unsubscribe({ user: 'ann', channel: 'room:1' })
  await core.publish('room:1', 'm', 1)
  await turn()
  expect(brief(ann.of('d'))).toEqual([['d', 'room:1', 'revoked']])
  expect(ann.of('m')).toEqual([])
  expect(bob.of('m')).toHaveLength(1)
})

test('unsubscribe by the server reaches a client that is between two polls', async () => {
  const { core, poll } = startCore()
  const first = await poll([hello('ann', 0), ['s', 'room:1', null]]).frames()
  const cursor = only(first, 's')[0]?.[3]
  core.unsubscribe({ channel: 'room:1' })
  const frames = await poll([hello('ann', 20_000, { g: 2, k: ticketOf(first) }), ['s', 'room:1', cursor]]).frames()
  expect(brief(frames)).toEqual([['d', 'room:1', 'revoked']])
})

test('a reader that does not read is left alone, and catches up from the history', async () => {
  const { core, connect } = startCore({ limits: { bufferedBytes: 10_000 } })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null])
  socket.state.buffered = 20_000
  await socket.say(['i'])
  for (let i = 1; i <= 300; i++) await core.publish('room:1', 'm', i)
  await turn()
  expect(socket.of('m')).toHaveLength(0)
  socket.state.buffered = 0
  socket.handlers.drained()
  for (let i = 0; i < 10; i++) await turn()
  expect(offsets(socket.frames)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1))
})

test('a reader too slow for the history hears of a gap for overload, once', async () => {
  const { core, connect } = startCore({
    limits: { bufferedBytes: 10_000 },
    channels: { 'room:{id}': { history: { messages: 10 } } },
  })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null])
  socket.state.buffered = 20_000
  await core.publish('room:1', 'm', 0)
  await turn()
  for (let i = 1; i <= 300; i++) await core.publish('room:1', 'm', i)
  socket.state.buffered = 0
  socket.handlers.drained()
  for (let i = 0; i < 10; i++) await turn()
  expect(socket.of('g').map((frame) => frame[3])).toEqual(['overload'])
  await core.publish('room:1', 'm', 'live')
  await turn()
  expect(socket.of('m').at(-1)?.[4]).toBe('live')
})

test('a reader that takes nothing at all is closed as slow', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann')
  socket.state.buffered = 5_000_000
  await socket.say(['i'])
  expect(socket.state.closed).toBe(4008)
})

test('a channel without history says so, and still goes on across a short absence', async () => {
  const { core, connect } = startCore({ channels: { 'room:{id}': { history: false } } })
  const first = connect()
  const frames = await first.hello('ann', {}, ['s', 'room:1', null])
  expect(only(frames, 's')[0]?.[2]).toBe(3)
  const cursor = only(frames, 's')[0]?.[3]
  first.handlers.closed()
  await core.publish('room:1', 'm', 'missed')
  const second = connect()
  await second.hello('ann', { g: 2 }, ['s', 'room:1', cursor])
  expect(second.of('s')).toEqual([['s', 'room:1', 3, cursor]])
  expect(offsets(second.frames)).toEqual([1])
})

test('a channel is followed for ten seconds after its last reader, and only once for all of them', async () => {
  const { core, connect, pass } = startCore()
  const [ann, bob] = [connect(), connect()]
  await ann.hello('ann', {}, ['s', 'room:1', null])
  await bob.hello('bob', {}, ['s', 'room:1', null])
  expect(core.stats().channels).toBe(1)
  ann.handlers.closed()
  bob.handlers.closed()
  await pass(9_000)
  expect(core.stats().channels).toBe(1)
  await pass(2_000)
  expect(core.stats().channels).toBe(0)
})

test('subscribing creates nothing', async () => {
  const { core, connect } = startCore()
  await connect().hello('ann', {}, ['s', 'room:1', null], ['s', 'room:2', ['x', 5]])
  expect(core.stats().broker.channels).toBe(0)
})

test('more channels than allowed are refused one by one', async () => {
  const { connect } = startCore({ limits: { channels: 2 } })
  const frames = await connect().hello('ann', {}, ...[1, 2, 3].map((n) => ['s', `room:${n}`, null]))
  expect(brief(only(frames, 'd'))).toEqual([['d', 'room:3', 'too_many_channels']])
  expect(only(frames, 's')).toHaveLength(2)
})

/** A hook that answers when told. */
function gate() {
  const asked: ((verdict: boolean) => void)[] = []
  return { asked, hook: () => new Promise<boolean>((resolve) => asked.push(resolve)) }
}

test('a channel taken away while its subscribe is being decided is answered once, and stays taken', async () => {
  const { asked, hook } = gate()
  const { core, connect } = startCore({ channels: { 'room:{id}': { subscribe: hook } } })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null])
  core.unsubscribe({ channel: 'room:1' })
  await turn()
  asked[0]?.(true)
  await turn()
  await turn()
  expect(socket.frames.slice(1).map((frame) => frame.slice(0, 3))).toEqual([['d', 'room:1', 'revoked']])
})

test('a permission given before a channel was taken away is not good after it', async () => {
  const { asked, hook } = gate()
  const { core, poll } = startCore({ channels: { 'room:{id}': { subscribe: hook } } })
  const first = poll([hello('ann', 0), ['s', 'room:1', null]])
  await turn()
  core.unsubscribe({ channel: 'room:1' })
  asked[0]?.(true)
  await turn()
  asked[1]?.(false)
  const frames = await first.frames()
  expect(brief(only(frames, 'd'))).toEqual([['d', 'room:1', 'revoked']])
  const next = poll([hello('ann', 0, { k: ticketOf(frames) }), ['s', 'room:1', ['', 0]]])
  await turn()
  asked[2]?.(false)
  expect(brief(only(await next.frames(), 'd'))).toEqual([['d', 'room:1', 'revoked']])
})

test('a log that could not be reached for an earlier subscribe does not end a later one', async () => {
  const { clock } = createVirtualClock()
  const memory = createMemoryBroker({ clock, epoch: () => 'e1' })
  const waits: (() => void)[] = []
  let fails = true
  const broker: Broker = {
    ...memory,
    async rewind(channel, messages) {
      await new Promise<void>((resolve) => waits.push(resolve))
      if (fails) throw new Error('down')
      return memory.rewind(channel, messages)
    },
  }
  const { core, connect, errors } = startCore({ broker })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null, { r: 1 }], ['u', 'room:1'], ['s', 'room:1', null])
  waits[0]?.()
  await turn()
  fails = false
  await core.publish('room:1', 'm', 'news')
  await turn()
  await turn()
  expect(errors.map(String)).toEqual(['Error: down'])
  expect(brief(socket.frames.slice(1), 1)).toEqual([['d'], ['s'], ['m']])
})

test('a channel that was let go while its subscriber waited for the past is followed again', async () => {
  const { clock } = createVirtualClock()
  const memory = createMemoryBroker({ clock, epoch: () => 'e1' })
  let answer = () => {}
  const broker: Broker = {
    ...memory,
    async rewind(channel, messages) {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return memory.rewind(channel, messages)
    },
  }
  const { core, connect, pass } = startCore({ broker })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null, { r: 1 }])
  await pass(10_000)
  expect(core.stats().channels).toBe(0)
  answer()
  await turn()
  await core.publish('room:1', 'm', 'news')
  await turn()
  await turn()
  expect(brief(socket.frames.slice(1), 1)).toEqual([['s'], ['m']])
})
