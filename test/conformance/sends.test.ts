import { afterAll, beforeAll, expect, test } from 'vitest'
import { retries, startTarget, type Target } from './server'
import { begins, hello, post, secret } from './talk'

let target: Target
let url: string
beforeAll(async () => {
  target = await startTarget()
  url = process.env.EVERWIRE_URL ?? target.url
})
afterAll(() => target.close())

let rooms = 0
const room = () => `room:${Date.now()}-s${++rooms}`
const only = (frames: [string, ...unknown[]][], op: string) => frames.filter(([each]) => each === op)

test('P-30: an accepted publish is acknowledged and delivered to everyone, with its sender', async () => {
  const channel = room()
  const [talk, other] = [await hello(url), await hello(url)]
  for (const each of [talk, other]) {
    each.say(['s', channel, null])
    await each.expect('s')
  }
  talk.say(['p', 7, channel, 'x', { text: 'hi' }])
  expect(await talk.expect('k')).toEqual(['k', 7, 1])
  const event = ['m', channel, 1, 'x', { text: 'hi' }, { f: `${talk.welcome.id}:7` }]
  expect(await other.expect('m')).toEqual(event)
  expect(only(talk.heard, 'm')).toEqual([event])
})

test('P-31: without echo the sender gets an advance', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['s', channel, null], ['p', 1, channel, 'x', 1, { e: 0 }])
  expect(await talk.expect('v')).toEqual(['v', channel, 1])
  await talk.settle()
  expect(only(talk.heard, 'm')).toEqual([])
})

test('P-32: a repetition is acknowledged with the same offset, on any connection, and appends nothing', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['p', 1, channel, 'x', 'one'], ['p', 2, channel, 'x', 'two'])
  await talk.settle()
  talk.say(['p', 1, channel, 'x', 'something else', { a: 100 }])
  expect(await talk.settle()).toEqual([['k', 1, 1]])
  const { of } = await post(url, [
    ['h', { v: 1, s: talk.s, g: 2, w: 0 }],
    ['p', 2, channel, 'x', 'two', { a: 100 }],
    ['s', channel, null, { r: 10 }],
  ])
  expect(of('k')).toEqual([['k', 2, 2]])
  expect(of('m').map(([, , , , data]) => data)).toEqual(['one', 'two'])
})

test('P-33: a number below the highest accepted is refused', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['p', 5, channel, 'x', 5])
  await talk.expect('k')
  talk.say(['p', 4, channel, 'x', 4])
  begins(await talk.expect('n'), ['n', 4, 'stale', expect.any(String), null])
})

test('P-34: a resend from before the records began is unknown, and appends nothing', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['p', 1, channel, 'x', 1, { a: 3_600_000 }])
  begins(await talk.expect('n'), ['n', 1, 'unknown', expect.any(String), null])
  talk.say(['p', 2, channel, 'x', 2])
  expect(await talk.expect('k')).toEqual(['k', 2, 1])
})

test('P-35: after a retryable nack later publishes wait for the number, or for its owner to give it up', async () => {
  const channel = room()
  const talk = await hello(url)
  retries.push(true)
  talk.say(['p', 1, channel, 'later', 1], ['p', 2, channel, 'x', 2])
  begins(await talk.expect('n'), ['n', 1, 'later', 'not now', 50])
  expect(await talk.settle()).toEqual([])
  talk.say(['p', 1, channel, 'later', 1], ['p', 2, channel, 'x', 2])
  await talk.settle()
  expect(only(talk.heard, 'k').flatMap(([, ...pairs]) => pairs)).toEqual([1, 1, 2, 2])
  retries.push(true)
  talk.say(['p', 3, channel, 'later', 3], ['p', 4, channel, 'x', 4])
  await talk.expect('n')
  talk.say(['z', 3], ['p', 4, channel, 'x', 4])
  await talk.settle()
  expect(only(talk.heard, 'k').flatMap(([, ...pairs]) => pairs)).toEqual([1, 1, 2, 2, 4, 3])
})

test('P-36: what is not permitted or too big is refused, and the connection goes on', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['p', 1, channel, 'no', 1])
  begins(await talk.expect('n'), ['n', 1, 'forbidden', expect.any(String), null])
  talk.say(['p', 2, channel, 'x', 'x'.repeat(70_000)])
  begins(await talk.expect('n'), ['n', 2, 'too_big', expect.any(String), null])
  talk.say(['p', 3, 'nothing:here:now', 'x', 1])
  begins(await talk.expect('n'), ['n', 3, 'forbidden'])
  talk.say(['p', 4, channel, 'x', 1])
  expect(await talk.expect('k')).toEqual(['k', 4, 1])
})

test('P-37: a volatile event has offset 0 and is in no history', async () => {
  const channel = room()
  const [talk, other] = [await hello(url), await hello(url)]
  other.say(['s', channel, null])
  await other.expect('s')
  talk.say(['e', channel, 'typing', { who: 'me' }])
  begins(await other.expect('m'), ['m', channel, 0, 'typing', { who: 'me' }])
  talk.say(['s', channel, null, { r: 5 }])
  begins(await talk.expect('s'), ['s', channel, 0, [expect.any(String), 0]])
})

test('P-40: a request runs once, and every repetition gets its reply', async () => {
  const talk = await hello(url)
  talk.say(['q', 1, 'room:1', 'add', { n: 1_000 }])
  const reply = await talk.expect('r')
  talk.say(['q', 1, 'room:1', 'add', { n: 1_000 }, { a: 50 }])
  expect(await talk.expect('r')).toEqual(reply)
  const { of } = await post(url, [
    ['h', { v: 1, s: talk.s, g: 2, w: 5_000 }],
    ['q', 1, 'room:1', 'add', { n: 1_000 }, { a: 60 }],
  ])
  expect(of('r')).toEqual([reply])
})

test('P-41: unknown requests and broken handlers are told apart, and nothing else is told', async () => {
  const talk = await hello(url)
  for (const name of ['nothing', '__proto__', 'constructor', 'toString']) {
    talk.say(['q', talk.heard.length + 1, 'room:1', name, null])
    begins(await talk.expect('n'), ['n', expect.any(Number), 'unknown_request'])
  }
  talk.say(['q', 99, 'room:1', 'fail', null])
  const nack = await talk.expect('n')
  begins(nack, ['n', 99, 'failed'])
  expect(JSON.stringify(nack)).not.toContain('internal')
})

test('P-42: requests neither cause nor obey the stop', async () => {
  const channel = room()
  const talk = await hello(url)
  retries.push(true)
  talk.say(['p', 1, channel, 'later', 1])
  await talk.expect('n')
  talk.say(['q', 2, 'room:1', 'add', { n: 0 }])
  await talk.expect('r')
  talk.say(['q', 3, 'room:1', 'nothing', null], ['z', 1], ['p', 4, channel, 'x', 4])
  await talk.settle()
  expect(only(talk.heard, 'k')).toEqual([['k', 4, 1]])
})

test('P-50: a bad token is refused, and nobody learns why', async () => {
  const { of } = await post(url, [['h', { v: 1, s: secret(), g: 1, w: 0, t: 'bad' }]])
  begins(of('b')[0], ['b', 4501, expect.any(String), null])
  expect(JSON.stringify(of('b'))).not.toContain('internal')
})

test('P-51: a session belongs to one user', async () => {
  const talk = await hello(url, { t: 'ada' })
  const { of } = await post(url, [['h', { v: 1, s: talk.s, g: 2, w: 0, t: 'eve' }]])
  begins(of('b')[0], ['b', 4503, expect.any(String), null])
})
