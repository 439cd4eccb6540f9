import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTarget, type Target } from './server'
import { begins, hello } from './talk'

let target: Target
let url: string
beforeAll(async () => {
  target = await startTarget()
  url = process.env.EVERWIRE_URL ?? target.url
})
afterAll(() => target.close())

let rooms = 0
const room = (kind = 'room') => `${kind}:${Date.now()}-${++rooms}`

/** A channel with `count` events, and a client that has published them. */
async function filled(count: number, kind?: string) {
  const channel = room(kind)
  const talk = await hello(url)
  for (let n = 1; n <= count; n++) talk.say(['p', n, channel, 'x', n])
  await talk.settle()
  talk.say(['s', channel, null])
  const [, , , cursor] = await talk.expect('s')
  return { channel, talk, cursor: cursor as [string, number] }
}

test('P-20: a join is told where the stream stands, and gets what follows', async () => {
  const { channel, talk, cursor } = await filled(3)
  expect(cursor).toEqual([expect.any(String), 3])
  talk.say(['p', 4, channel, 'x', 4])
  begins(await talk.expect('m'), ['m', channel, 4, 'x', 4])
})

test('P-21: a cursor inside the history is resumed, in order and once', async () => {
  const { channel, cursor } = await filled(5)
  const talk = await hello(url)
  talk.say(['s', channel, [cursor[0], 2]])
  expect(await talk.expect('s')).toEqual(['s', channel, 1, [cursor[0], 2]])
  await talk.settle()
  expect(talk.heard.filter(([op]) => op === 'm').map(([, , offset]) => offset)).toEqual([3, 4, 5])
})

test.each([
  ['epoch', ['other', 2], null],
  ['epoch', ['', 5], null],
  ['ahead', [undefined, 9], null],
])('P-22: a cursor that fits nothing gets a gap: %s for %j', async (reason, [epoch, offset], missed) => {
  const { channel, cursor } = await filled(5)
  const talk = await hello(url)
  const asked = [epoch ?? cursor[0], offset]
  talk.say(['s', channel, asked])
  expect(await talk.expect('g')).toEqual(['g', channel, cursor, reason, missed, asked])
  talk.say(['p', 100, channel, 'x', 'next'])
  begins(await talk.expect('m'), ['m', channel, 6])
})

test('P-22: a cursor before the history gets a gap that counts what was missed', async () => {
  const { channel, cursor } = await filled(10, 'short')
  const talk = await hello(url)
  talk.say(['s', channel, [cursor[0], 1]])
  const [, , position, reason, missed] = await talk.expect('g')
  expect([reason, (position as [string, number])[1] - 1]).toEqual(['trimmed', missed])
})

test('P-23: a join with rewind stands before the last events, and gets them', async () => {
  const { channel } = await filled(5)
  const talk = await hello(url)
  talk.say(['s', channel, null, { r: 2 }])
  begins(await talk.expect('s'), ['s', channel, 0, [expect.any(String), 3]])
  await talk.settle()
  expect(talk.heard.filter(([op]) => op === 'm').map(([, , offset]) => offset)).toEqual([4, 5])
})

test('P-24: subscribing creates nothing, and a first publish keeps the epoch', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['s', channel, null])
  const [, , , before] = await talk.expect('s')
  expect(before).toEqual([expect.any(String), 0])
  talk.say(['p', 1, channel, 'x', 1])
  await talk.expect('m')
  const other = await hello(url)
  other.say(['s', channel, before])
  expect(await other.expect('s')).toEqual(['s', channel, 1, before])
  begins(await other.expect('m'), ['m', channel, 1])
})

test('P-25: what is refused or revoked concerns that channel alone', async () => {
  const channel = room()
  const talk = await hello(url, { t: `user-${channel}` })
  talk.say(['s', 'closed:1', null], ['s', 'nothing:like:it', null], ['s', channel, null])
  begins(await talk.expect('d'), ['d', expect.any(String), 'forbidden'])
  begins(await talk.expect('d'), ['d', expect.any(String), 'forbidden'])
  target.realtime.unsubscribe({ user: `user-${channel}`, channel })
  begins(await talk.expect('d'), ['d', channel, 'revoked'])
  talk.say(['p', 1, channel, 'x', 1])
  expect((await talk.settle()).map(([op]) => op)).toEqual(['k'])
})

test('P-26: there is a limit to the channels of a client', async () => {
  const small = await startTarget({ limits: { channels: 2 } })
  const talk = await hello(small.url)
  talk.say(['s', 'room:1', null], ['s', 'room:2', null], ['s', 'room:3', null])
  begins(await talk.expect('d'), ['d', 'room:3', 'too_many_channels'])
  talk.say(['u', 'room:1'], ['s', 'room:3', null])
  await talk.settle()
  expect(talk.heard.filter(([op]) => op === 's').map(([, name]) => name)).toContain('room:3')
  await small.close()
})

test('P-27: after an unsubscribe nothing comes', async () => {
  const { channel, talk } = await filled(1)
  talk.say(['u', channel])
  await talk.settle()
  talk.say(['p', 2, channel, 'x', 2])
  expect((await talk.settle()).map(([op]) => op)).toEqual(['k'])
})

test('P-25: an unsubscribed and a refused channel can be asked for again', async () => {
  const channel = room()
  const user = `user-${channel}`
  const talk = await hello(url, { t: user })
  talk.say(['s', channel, null])
  await talk.expect('s')
  target.realtime.unsubscribe({ user, channel })
  await talk.expect('d')
  talk.say(['s', channel, null])
  begins(await talk.expect('s'), ['s', channel, 0])
})

test('P-27: of subscribes and unsubscribes that follow each other the last one counts', async () => {
  const { channel, talk } = await filled(1)
  talk.say(['u', channel], ['s', channel, null], ['u', channel], ['s', channel, null], ['u', channel])
  await talk.settle()
  talk.say(['p', 2, channel, 'x', 2])
  await talk.settle()
  expect(talk.heard.filter(([op]) => op === 'm')).toEqual([])
  talk.say(['u', channel], ['s', channel, null])
  begins(await talk.expect('s'), ['s', channel, 0, [expect.any(String), 2]])
  talk.say(['p', 3, channel, 'x', 3])
  begins(await talk.expect('m'), ['m', channel, 3])
})

test('P-29: who reads too slowly is told from where it goes on, and others wait for nobody', async () => {
  const busy = await startTarget({ limits: { bufferedBytes: 20_000, bufferedBytesHard: 1e9 } })
  const [slow, quick] = [await hello(busy.url), await hello(busy.url)]
  for (const each of [slow, quick]) {
    each.say(['s', 'short:1', null])
    await each.expect('s')
  }
  slow.pause(true)
  // more than the buffers of an operating system take
  const count = 400
  for (let n = 1; n <= count; n++) {
    await busy.realtime.publish('short:1', 'x', `${n}`.padEnd(60_000))
    await quick.expect('m')
  }
  const offsets = quick.heard.filter(([op]) => op === 'm').map(([, , offset]) => offset)
  expect(offsets).toEqual(Array.from({ length: count }, (_, i) => i + 1))
  slow.pause(false)
  const gap = await slow.expect('g')
  begins(gap, ['g', 'short:1', [expect.any(String), expect.any(Number)], 'overload', expect.any(Number)])
  await busy.realtime.publish('short:1', 'x', 'last')
  for (let last = 0; last <= count; ) [, , last] = (await slow.expect('m')) as [string, string, number]
  let place = 0
  for (const [op, , offset, , missed] of slow.heard) {
    if (op === 'm') expect(offset).toBe(++place)
    if (op === 'g') {
      expect((offset as [string, number])[1]).toBe(place + (missed as number))
      place = (offset as [string, number])[1]
    }
  }
  await busy.close()
})

test('P-29: who reads nothing at all is sent away', async () => {
  const busy = await startTarget({ limits: { bufferedBytes: 20_000, bufferedBytesHard: 30_000 } })
  const slow = await hello(busy.url)
  slow.pause(true)
  // answers cannot wait in the history as events do
  const before = busy.realtime.stats().connections.websocket
  for (let n = 1; n <= 300 && busy.realtime.stats().connections.websocket === before; n++) {
    slow.say(['q', n, 'room:1', 'big', null])
    await expect.poll(() => busy.realtime.stats().requests, { interval: 1 }).toBeGreaterThanOrEqual(n)
  }
  slow.pause(false)
  expect(await slow.closed).toBe(4008)
  await busy.close()
})
