import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTarget, type Target } from './server'
import { begins, dial, hello, post, secret } from './talk'

let target: Target
let url: string
beforeAll(async () => {
  target = await startTarget()
  url = process.env.EVERWIRE_URL ?? target.url
})
afterAll(() => target.close())

test('P-1: frames are lines of JSON arrays, and empty lines are nothing', async () => {
  const talk = await hello(url)
  talk.raw('\n\n["i"]\n\n["i"]\n')
  await talk.expect('o')
  await talk.expect('o')
})

test.each(['{}', '1', 'null', '"x"', '[]', '[1]', '[null]', '["i"', 'nonsense', '["i"]\n{}'])(
  'P-2: %s is no message, and ends the connection',
  async (text) => {
    const talk = await hello(url)
    talk.raw(text)
    expect(await talk.closed).toBe(4400)
    begins(talk.heard.at(-1), ['b', 4400])
    begins((await post(url, text)).of('b')[0], ['b', 4400])
  },
)

test('P-2: the first frame is a hello, and there is one', async () => {
  const talk = await dial(url)
  talk.say(['s', 'room:1', null])
  expect(await talk.closed).toBe(4400)
  const other = await hello(url)
  other.say(['h', { v: 1, s: other.s, g: 2 }])
  expect(await other.closed).toBe(4400)
})

test('P-3: unknown opcodes are refused, ten of them end the connection', async () => {
  const talk = await hello(url)
  for (let i = 0; i < 9; i++) talk.say(['?', i])
  expect(await talk.settle()).toEqual([])
  talk.say(['?', 9])
  expect(await talk.closed).toBe(4400)
})

test('P-4: bytes come behind their header over WebSocket, and as base64 over HTTP', async () => {
  const talk = await hello(url)
  talk.say(['s', 'room:bytes', null])
  await talk.expect('s')
  const header = Buffer.from('["p",1,"room:bytes","pixels",0,{"b":1}]\n')
  talk.raw(Buffer.concat([header, Buffer.from([1, 2, 10, 255])]))
  await talk.expect('k')
  const message = talk.binary[0] as Buffer
  expect(JSON.parse(message.subarray(0, message.indexOf(10)).toString())).toMatchObject([
    'm',
    'room:bytes',
    1,
    'pixels',
    0,
    { b: 1 },
  ])
  expect([...message.subarray(message.indexOf(10) + 1)]).toEqual([1, 2, 10, 255])
  const { frames } = await post(url, [
    ['h', { v: 1, s: secret(), g: 1, w: 0 }],
    ['s', 'room:bytes', null, { r: 1 }],
  ])
  expect(frames.find(([op]) => op === 'm')).toMatchObject(['m', 'room:bytes', 1, 'pixels', 'AQIK/w==', { b: 1 }])
})

test.each(['["p",1,"room:1","x",0]\nabc', '["p",1,"room:1","x",5,{"b":1}]\nabc', 'abc', '["i"]\n'])(
  'P-4: the binary message %j is malformed',
  async (text) => {
    const talk = await hello(url)
    talk.raw(Buffer.from(text))
    expect(await talk.closed).toBe(4400)
  },
)

test.each(['', 'a b', 'ä', 'a{b}', 'x'.repeat(129), 'a\u0000', 5, null, ['room:1']])(
  'P-5: %j is no channel',
  async (name) => {
    const talk = await hello(url)
    talk.say(['s', name, null])
    begins(await talk.expect('d'), ['d', expect.anything(), 'invalid', expect.anything(), null])
    expect(await talk.settle()).toEqual([])
  },
)

test('P-5: reserved channels and deep JSON are refused, odd names are just names', async () => {
  const talk = await hello(url)
  talk.say(['s', '@system', null])
  begins(await talk.expect('d'), ['d', '@system', 'forbidden'])
  talk.say(['s', 'room:__proto__', null])
  begins(await talk.expect('s'), ['s', 'room:__proto__', 0])
  talk.raw(`["p",1,"room:1","x",${'['.repeat(70)}${']'.repeat(70)}]`)
  begins(await talk.expect('n'), ['n', 1, 'invalid'])
})

test('P-10: the welcome comes first, and the public id is the same on every connection', async () => {
  const talk = await dial(url)
  const s = secret()
  talk.say(['h', { v: 1, s, g: 1 }], ['s', 'room:1', null], ['i'])
  await talk.expect('o')
  begins(talk.heard[0], [
    'w',
    { v: 1, hb: 25_000, dd: 120_000, sp: expect.any(Number), lim: { message: 65_536, channels: 512 } },
  ])
  const [, { id }] = talk.heard[0] as [string, { id: string }]
  const { of } = await post(url, [['h', { v: 1, s, g: 2, w: 0 }]])
  begins(of('w')[0], ['w', { id, lim: { channels: 128 } }])
  expect(id).not.toContain(s)
})

test.each([
  [{ v: 2, s: secret(), g: 1 }, 4505],
  [{ s: secret(), g: 1 }, 4400],
  [{ v: 1, s: 'short', g: 1 }, 4400],
  [{ v: 1, s: secret(), g: -1 }, 4400],
  [{ v: 1, s: secret(), g: '1' }, 4400],
  [{ v: 1, s: secret(), g: 1, t: 5 }, 4400],
  [[], 4400],
  [null, 4400],
])('P-11: the hello %j is refused', async (info, code) => {
  const talk = await dial(url)
  talk.say(['h', info])
  expect(await talk.closed).toBe(code)
})

test('P-11: one who says nothing is sent away', async () => {
  const quick = await startTarget({ limits: { helloMs: 50 } })
  const talk = await dial(quick.url)
  expect(await talk.closed).toBe(4011)
  await quick.close()
})

test('P-12: pings are answered, and the server pings by itself', async () => {
  const quick = await startTarget({ heartbeat: 50 })
  const talk = await hello(quick.url)
  begins(await talk.expect('i'), ['i'])
  talk.say(['i'])
  expect(await talk.expect('o')).toEqual(['o'])
  await quick.close()
})

test('P-12: who does not answer pings is gone', async () => {
  const quick = await startTarget({ heartbeat: 50 })
  const talk = await hello(quick.url)
  expect(await talk.closed).toBe(4007)
  const other = await hello(quick.url)
  for (let pings = 0; pings < 4; pings++) {
    await other.expect('i')
    other.say(['o'])
  }
  await quick.close()
})

test('P-13: a newer WebSocket of a client replaces the older, a late one is ended itself', async () => {
  const s = secret()
  const old = await hello(url, { g: 5 }, s)
  const late = await dial(url)
  late.say(['h', { v: 1, s, g: 4 }])
  expect(await late.closed).toBe(4009)
  await hello(url, { g: 6 }, s)
  expect(await old.closed).toBe(4009)
})

test('P-14: what comes behind the hello waits for the token to be checked, and keeps its order; too much of it is refused', async () => {
  const slow = await startTarget({
    authenticate: () => new Promise((resolve) => setTimeout(() => resolve({ id: 'a' }), 50)),
  })
  const talk = await dial(slow.url)
  talk.say(['h', { v: 1, s: secret(), g: 1 }])
  talk.say(['p', 1, 'room:1', 'x', 'first'])
  talk.say(['p', 2, 'room:1', 'x', 'second'], ['i'])
  await talk.expect('o')
  expect(talk.heard[0]?.[0]).toBe('w')
  const flood = await dial(slow.url)
  flood.say(['h', { v: 1, s: secret(), g: 1 }])
  for (let i = 1; i <= 3; i++) flood.say(['p', i, 'room:1', 'x', 'x'.repeat(30_000)])
  expect(await flood.closed).toBeGreaterThanOrEqual(4000)
  await slow.close()
})

test('P-15: a goodbye is final', async () => {
  const talk = await hello(url)
  talk.say(['x'])
  await expect.poll(() => target.events).toContain(`disconnect ${talk.welcome.id}`)
  const other = await hello(url)
  other.close()
  await other.closed
  expect(target.events).not.toContain(`disconnect ${other.welcome.id}`)
})

test('P-15: a goodbye over HTTP is final, too', async () => {
  const s = secret()
  const { of } = await post(url, [['h', { v: 1, s, g: 1, w: 0 }]])
  const [[, { id }]] = of('w') as [[string, { id: string }]]
  await post(url, [['h', { v: 1, s, g: 1, w: 0 }], ['x']])
  await expect.poll(() => target.events).toContain(`disconnect ${id}`)
})

test('P-15: who changes over from one transport to the other never left', async () => {
  const s = secret()
  const { of } = await post(url, [['h', { v: 1, s, g: 1, w: 0 }]])
  const [[, { id }]] = of('w') as [[string, { id: string }]]
  const talk = await hello(url, { g: 2 }, s)
  await hello(url, { g: 3 }, s)
  await talk.closed
  expect(target.events.filter((event) => event.endsWith(id))).toEqual([`connect ${id}`])
})

test('P-6: a message has at most 256 frames and 256 KB, or what the server was given', async () => {
  const small = await startTarget({ limits: { messageBytes: 1_000, batchBytes: 4_000, batchFrames: 10 } })
  const talk = await hello(small.url)
  talk.say(...Array(10).fill(['o']), ['i'])
  expect(await talk.closed).toBe(4400)
  const other = await hello(small.url)
  other.raw('x'.repeat(5_000))
  expect(await other.closed).toBe(1009)
  expect((await post(small.url, 'x'.repeat(5_000))).response.status).toBe(413)
  await small.close()
})

test('P-18: a full server says when to come again', async () => {
  const full = await startTarget({ limits: { connections: 1 } })
  const talk = await hello(full.url)
  const other = await dial(full.url)
  other.say(['h', { v: 1, s: secret(), g: 1 }])
  begins(await other.expect('b'), ['b', 4002, expect.any(String), expect.any(Number)])
  expect(await other.closed).toBe(4002)
  expect(await talk.settle()).toEqual([])
  talk.close()
  await full.close()
})

test('P-17: a held poll is told, too, and nothing that was accepted is left without its word', async () => {
  const closing = await startTarget()
  const s = secret()
  const [[, { k }]] = (await post(closing.url, [['h', { v: 1, s, g: 1, w: 0 }]])).of('w') as [[string, { k: string }]]
  const held = post(closing.url, [['h', { v: 1, s, g: 2, w: 20_000, k }]])
  const talk = await hello(closing.url)
  await expect.poll(() => closing.realtime.stats().connections.polling).toBe(1)
  talk.say(['p', 1, 'room:1', 'x', 1])
  await talk.expect('k')
  const done = closing.realtime.close({ drain: 100 })
  begins((await held).of('b')[0], ['b', 4001, expect.any(String), expect.any(Number)])
  expect(await talk.closed).toBe(4001)
  await done
  await closing.close()
})

test('P-16, P-17: on closing, every client is told when to come back', async () => {
  const closing = await startTarget()
  const talks = await Promise.all(Array.from({ length: 5 }, () => hello(closing.url)))
  const done = closing.realtime.close({ drain: 200 })
  const byes = await Promise.all(talks.map((talk) => talk.expect('b')))
  for (const bye of byes) {
    begins(bye, ['b', 4001, expect.any(String), expect.any(Number)])
    expect(bye[3]).toBeLessThanOrEqual(400)
  }
  expect(new Set(byes.map(([, , , ms]) => ms)).size).toBeGreaterThan(1)
  for (const talk of talks) expect(await talk.closed).toBe(4001)
  await done
  await closing.close()
})
