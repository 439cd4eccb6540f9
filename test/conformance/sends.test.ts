import { afterAll, beforeAll, expect, test } from 'vitest'
import { gates, retries, startTarget, type Target } from './server'
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

test('P-35: of several retryable nacks the last one is where the server stands', async () => {
  const channel = room()
  const talk = await hello(url)
  retries.push(true)
  talk.say(['p', 1, channel, 'later', 1])
  await talk.expect('n')
  retries.push(false, true)
  talk.say(['p', 1, channel, 'later', 1], ['p', 2, channel, 'later', 2], ['p', 3, channel, 'x', 3])
  await talk.settle()
  talk.say(['z', 1], ['p', 3, channel, 'x', 3])
  await talk.settle()
  expect(only(talk.heard, 'n').map(([, n]) => n)).toEqual([1, 2])
  expect(only(talk.heard, 'k').flatMap(([, ...pairs]) => pairs)).toEqual([1, 1])
  talk.say(['z', 2], ['p', 3, channel, 'x', 3])
  await talk.settle()
  expect(only(talk.heard, 'k').flatMap(([, ...pairs]) => pairs)).toEqual([1, 1, 3, 2])
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

test('P-33: an outcome does not change: a number that was refused stays refused, on any connection', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['p', 1, channel, 'no', 1], ['p', 2, channel, 'x', 2])
  const nack = await talk.expect('n')
  await talk.settle()
  talk.say(['p', 1, channel, 'x', 1, { a: 100 }])
  expect(await talk.expect('n')).toEqual(nack)
  const { of } = await post(url, [
    ['h', { v: 1, s: talk.s, g: 2, w: 0 }],
    ['p', 1, channel, 'x', 1, { a: 100 }],
    ['s', channel, null, { r: 10 }],
  ])
  expect(of('n')).toEqual([nack])
  expect(of('m').map(([, , , , data]) => data)).toEqual([2])
})

test('P-32: two connections that carry the same sends at once append each of them once', async () => {
  const channel = room()
  const talk = await hello(url)
  const sends = Array.from({ length: 50 }, (_, i) => ['p', i + 1, channel, 'x', i + 1])
  const exchanges = [1, 2, 3, 4].map(() => post(url, [['h', { v: 1, s: talk.s, g: 2, w: 0 }], ...sends]))
  talk.say(...sends)
  await talk.settle()
  const pairs = (await Promise.all(exchanges)).map(({ of }) => of('k').flatMap(([, ...each]) => each))
  const wanted = sends.flatMap(([, n]) => [n, n])
  for (const each of pairs) expect(each).toEqual(wanted)
  const { of } = await post(url, [
    ['h', { v: 1, s: secret(), g: 1, w: 0 }],
    ['s', channel, null, { r: 100 }],
  ])
  expect(of('m').map(([, , , , data]) => data)).toEqual(sends.map(([, n]) => n))
})

test('P-39: who sends too fast is told when to come again, and resends are free', async () => {
  const slow = await startTarget({ limits: { sendsPerSecond: 50, sendBurst: 5 } })
  const channel = room()
  const talk = await hello(slow.url)
  const sends = Array.from({ length: 8 }, (_, i) => ['p', i + 1, channel, 'x', i + 1])
  talk.say(...sends)
  const nack = await talk.expect('n')
  begins(nack, ['n', 6, 'rate', expect.any(String), expect.any(Number)])
  const settled = () => only(talk.heard, 'k').flatMap(([, ...pairs]) => pairs)
  expect(await talk.settle()).toEqual([])
  expect(settled()).toEqual([1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
  // what was accepted costs nothing when it is said again; what was not has to wait
  for (let tries = 0; !settled().includes(8) && tries < 100; tries++) {
    const [, n, , , ms] = only(talk.heard, 'n').at(-1) as [string, number, string, string, number]
    const waited = await startWait(ms)
    expect(waited).toBe(true)
    talk.say(...sends.slice(0, 5), ...sends.slice(n - 1))
    await talk.settle()
  }
  expect(settled().slice(-6)).toEqual(expect.arrayContaining([8]))
  await slow.close()
})

/** A time that the protocol asks for. */
const startWait = (ms: number) => new Promise<boolean>((resolve) => setTimeout(resolve, ms, true))

test('P-43: a request outlives the connection it came on, and its reply finds the client on another', async () => {
  const talk = await hello(url)
  talk.say(['q', 1, 'room:1', 'wait', null])
  await expect.poll(() => gates.length).toBe(1)
  talk.close()
  await talk.closed
  const other = await hello(url, { g: 2 }, talk.s)
  other.say(['q', 1, 'room:1', 'wait', null, { a: 20 }])
  const held = post(url, [
    ['h', { v: 1, s: talk.s, g: 3, w: 20_000, k: talk.welcome.k }],
    ['q', 1, 'room:1', 'wait', null, { a: 30 }],
  ])
  await expect.poll(() => target.realtime.stats().connections.polling).toBe(1)
  expect(await other.settle()).toEqual([])
  gates.shift()?.()
  const reply = await other.expect('r')
  begins(reply, ['r', 1, expect.any(Number)])
  expect((await held).of('r')).toEqual([reply])
  expect(gates).toEqual([])
})

test('P-44: a request whose age reaches back to before the records is unknown, and does not run', async () => {
  const talk = await hello(url)
  talk.say(['q', 1, 'room:1', 'wait', null, { a: 3_600_000 }])
  begins(await talk.expect('n'), ['n', 1, 'unknown', expect.any(String), null])
  expect(gates).toEqual([])
})

test('P-44: a request that was refused does not run when a copy of it comes', async () => {
  const talk = await hello(url)
  talk.say(['q', 1, 'room:1', 'nothing', null])
  const nack = await talk.expect('n')
  talk.say(['q', 1, 'room:1', 'add', { n: 0 }, { a: 5 }])
  expect(await talk.expect('n')).toEqual(nack)
})

test('P-45: sends of one message are decided in their order, and those of one channel stand in it', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['s', channel, null])
  await talk.expect('s')
  for (let n = 1; n <= 200; n += 20)
    talk.say(...Array.from({ length: 20 }, (_, i) => ['p', n + i, channel, 'x', n + i]))
  await talk.settle()
  const events = only(talk.heard, 'm')
  expect(events.map(([, , offset]) => offset)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
  expect(events.map(([, , , , data]) => data)).toEqual(events.map(([, , offset]) => offset))
})
