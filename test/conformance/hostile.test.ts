import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { startTarget, type Target } from './server'
import { begins, dial, type Frame, hello, lines, post, secret } from './talk'

// Rows A1–A28 and A33–A48 of what a client may do to a server on purpose. After each, a well-behaved client is still served.

let target: Target
let url: string
const failures: unknown[] = []
const onFailure = (error: unknown) => failures.push(error)
beforeAll(async () => {
  process.on('unhandledRejection', onFailure).on('uncaughtException', onFailure)
  target = await startTarget({ limits: { helloMs: 300 } })
  url = process.env.EVERWIRE_URL ?? target.url
})
afterAll(async () => {
  await target.close()
  process.off('unhandledRejection', onFailure).off('uncaughtException', onFailure)
})

let rooms = 0
let neighbour: Awaited<ReturnType<typeof hello>>
let home: string
beforeEach(async () => {
  home = `room:home-${++rooms}`
  neighbour = await hello(url)
  neighbour.say(['s', home, null])
  await neighbour.expect('s')
})
afterEach(async () => {
  neighbour.say(['p', 1, home, 'x', { still: 'here' }])
  expect(await neighbour.expect('k')).toEqual(['k', 1, 1])
  expect(neighbour.heard.filter(([op]) => op === 'm').map(([, , offset]) => offset)).toEqual([1])
  const { of } = await post(url, [
    ['h', { v: 1, s: secret(), g: 1, w: 0 }],
    ['s', home, null, { r: 1 }],
  ])
  begins(of('m')[0], ['m', home, 1, 'x', { still: 'here' }])
  expect(failures).toEqual([])
})

const greeting = (more: object = {}) => ['h', { v: 1, s: secret(), g: 1, w: 0, ...more }]

/** What becomes of a text, on a welcomed WebSocket and as an exchange behind its hello: the close code, or undefined if it is taken. */
async function said(text: string): Promise<(number | undefined)[]> {
  const talk = await hello(url)
  talk.raw(text)
  talk.raw('["i"]')
  const socket = await Promise.race([
    talk.closed,
    talk.expect('o').then(
      () => undefined,
      () => talk.closed,
    ),
  ])
  const { of } = await post(url, `${lines(greeting())}\n${text}`)
  return [socket, of('b')[0]?.[1] as number | undefined]
}

test.each(['not json', '["p",1', '["p",1,"room:1","x","', '\u0000', '\ufeff["i"]'])(
  'P-70: A1: %j is no message',
  async (text) => {
    expect(await said(text)).toEqual([4400, 4400])
  },
)

test.each(['', '\n', '\n\n\n'])('P-70: A1: %j as a whole is no message', async (text) => {
  const talk = await dial(url)
  talk.raw(text)
  expect(await talk.closed).toBe(4400)
  begins((await post(url, text)).frames[0], ['b', 4400])
})

test.each(['{}', '1', 'null', '"x"', 'true', '[]', '[null]', '[1]', '[["i"]]', '[{}]', '["ii"]', '[""]'])(
  'P-70: A2, A3: %s is no frame',
  async (text) => {
    expect(await said(text)).toEqual([4400, 4400])
  },
)

test('P-70: A4: frames nobody knows are counted, and end an exchange, too', async () => {
  expect(await said(lines(...Array(9).fill(['?'])))).toEqual([undefined, undefined])
  expect(await said(lines(...Array(10).fill(['?'])))).toEqual([4400, 4400])
  expect(await said(lines(...'wmvkrndtyb'.split('').map((op) => [op, 1])))).toEqual([4400, 4400])
})

const ops: Frame[] = [
  ['s', 'room:fuzz', ['epoch', 1], { r: 1 }],
  ['u', 'room:fuzz'],
  ['p', 1, 'room:fuzz', 'x', 1, { a: 1 }],
  ['q', 1, 'room:fuzz', 'add', { n: 1 }, { d: 50 }],
  ['e', 'room:fuzz', 'x', 1],
  ['z', 1],
  ['a', 'token'],
  ['i'],
  ['o'],
]
const values = [null, true, false, 0, -1, 1.5, 1e300, '', 'x', '__proto__', [], [1], [[]], {}, { a: {} }, { b: 1 }]

test('P-70: A5, A6: any value in any place is taken, refused by name, or a bad frame', async () => {
  const frames = ops.flatMap((frame) =>
    [1, 2, 3, 4, 5].flatMap((at) => values.map((value) => Object.assign([...frame], { [at]: value }))),
  )
  for (const frame of [...frames, ...ops.flatMap((each) => [each.slice(0, 1), each.slice(0, 2), [...each, 1, 2, 3]])]) {
    const full = JSON.stringify(Array.from(frame, (each) => each ?? null))
    const { response, of } = await post(url, `${lines(greeting())}\n${full}`)
    expect(response.status).toBe(200)
    for (const [, code] of of('b')) expect([full, code]).toEqual([full, expect.toBeOneOf([4400, 4501, 4503])])
    for (const [, , code] of of('n')) expect(code).toMatch(/^(invalid|forbidden|unknown_request|failed|unknown)$/)
    for (const [, , code] of of('d')) expect(code).toMatch(/^(invalid|forbidden)$/)
  }
})

test('P-70: A5, A6: the same over one WebSocket after the other', async () => {
  let talk = await hello(url)
  for (const frame of ops)
    for (const at of [1, 2, 3, 5])
      for (const value of values) {
        talk.say(Object.assign(['', null, null, null, null, null], frame, { [at]: value }), ['i'])
        const code = await Promise.race([
          talk.closed,
          talk.expect('o').then(
            () => 0,
            () => talk.closed,
          ),
        ])
        expect([frame, at, value, code]).toEqual([frame, at, value, expect.toBeOneOf([0, 4400, 4503])])
        if (code) talk = await hello(url)
      }
})

test('P-70: A7: nothing counts before a hello', async () => {
  const talk = await dial(url)
  talk.say(['p', 1, home, 'x', 'early'], greeting())
  expect(await talk.closed).toBe(4400)
  begins((await post(url, lines(['p', 1, home, 'x', 'early'], greeting()))).frames[0], ['b', 4400])
  expect(await neighbour.settle()).toEqual([])
})

test('P-70: A8: a second hello is a bad frame', async () => {
  expect(await said(lines(greeting()))).toEqual([4400, 4400])
})

test('P-70: A9: a megabyte is refused before it is read', async () => {
  const talk = await hello(url)
  talk.raw('x'.repeat(1_000_000))
  expect(await talk.closed).toBe(1009)
  const { response, of } = await post(url, 'x'.repeat(1_000_000))
  expect(response.status).toBe(413)
  begins(of('b')[0], ['b', 4400, 'too_big', null])
})

test('P-70: A10: line feeds and tiny frames do not add up', async () => {
  expect(await said(lines(...Array(300).fill(['o'])))).toEqual([4400, 4400])
  expect(await said('\n'.repeat(200_000))).toEqual([4400, 4400])
  expect(await said(lines(...Array(250).fill(['o'])))).toEqual([undefined, undefined])
})

test('P-70: A11: what is nested 30,000 deep is refused by its number', async () => {
  const deep = '['.repeat(30_000) + ']'.repeat(30_000)
  for (const frame of [`["p",1,"room:deep","x",${deep}]`, `["q",1,"room:deep","add",${deep}]`]) {
    const talk = await hello(url)
    talk.raw(frame)
    begins(await talk.expect('n'), ['n', 1, 'invalid'])
    begins((await post(url, `${lines(greeting())}\n${frame}`)).of('n')[0], ['n', 1, 'invalid'])
  }
  for (const frame of [`["s",${deep}]`, `["u",${deep}]`, `["o",${deep}]`, `["p",1,"room:1","x",1,${deep}]`])
    for (const code of await said(frame)) expect([4400, undefined]).toContain(code)
})

test('P-70: A12: keys that change an object when merged are just keys', async () => {
  const talk = await hello(url)
  talk.say(['s', 'room:proto', null])
  await talk.expect('s')
  const data = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'
  talk.raw(`["p",1,"room:proto","x",${data},{"__proto__":{"e":0},"constructor":1}]`)
  const [, , , , got] = await talk.expect('m')
  expect(JSON.stringify(got)).toBe(data)
  expect(({} as { polluted?: number }).polluted).toBeUndefined()
  const other = await dial(url)
  other.raw(`["h",{"v":1,"g":1,"__proto__":{"s":"${secret()}"}}]`)
  expect(await other.closed).toBe(4400)
})

test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
  'P-70: A13: %s is a name like any other',
  async (name) => {
    const talk = await hello(url)
    talk.say(['s', name, null])
    begins(await talk.expect('d'), ['d', name, 'forbidden'])
    talk.say(['s', `room:${name}`, null], ['p', 1, `room:${name}`, name, 1])
    begins(await talk.expect('s'), ['s', `room:${name}`, 0])
    expect(await talk.expect('k')).toEqual(['k', 1, 1])
    talk.say(['q', 2, 'room:1', name, 1])
    begins(await talk.expect('n'), ['n', 2, 'unknown_request'])
  },
)

test('P-70: A14: of a key said twice the last counts', async () => {
  const { of } = await post(url, `["h",{"v":1,"s":"${secret()}","g":1,"w":0,"t":"ada","t":"bad"}]`)
  begins(of('b')[0], ['b', 4501])
})

test.each(['1e400', '-0', '1.5', '-1', '0', '9007199254740993', '"17"', 'null', 'true'])(
  'P-70: A15: %s is no number of a send',
  async (n) => {
    expect(await said(`["p",${n},"room:1","x",1]`)).toEqual([4400, 4400])
    expect(await said(`["q",${n},"room:1","add",{}]`)).toEqual([4400, 4400])
    expect(await said(`["z",${n}]`)).toEqual([4400, 4400])
  },
)

test.each(['1.0', '1e3'])('P-70: A15: %s is one', async (n) => {
  const { of } = await post(url, `${lines(greeting())}\n["p",${n},"room:int-${n}","x",1]`)
  expect(of('k')).toEqual([['k', Number(n), 1]])
})

test.each(['["e",-1]', '["e",1.5]', '["e","1"]', '["e",-0]', '["e",1e400]', '["e"]', '[1,1]', '"x"', '{}', '5'])(
  'P-70: A16: %s is no cursor',
  async (cursor) => {
    expect(await said(`["s","room:1",${cursor}]`)).toEqual([4400, 4400])
  },
)

test('P-70: A16: a cursor far ahead is a gap', async () => {
  const talk = await hello(url)
  talk.say(['s', 'room:far', null])
  const [, , , [epoch]] = (await talk.expect('s')) as [string, string, number, [string, number]]
  talk.say(['s', 'room:far', [epoch, Number.MAX_SAFE_INTEGER]])
  begins(await talk.expect('g'), ['g', 'room:far', [epoch, 0], 'ahead', null])
})

test.each([
  '"room:\\ud800"',
  '"room:\u00e9"',
  '"room:e\u0301"',
  '"r\u043eom:1"',
  '"room:\\u0000"',
  '"room:a b"',
  '"room:*"',
])('P-70: A17, A19, A20: %s is no name', async (name) => {
  const talk = await hello(url)
  talk.raw(`["s",${name},null]`)
  begins(await talk.expect('d'), ['d', expect.any(String), 'invalid', expect.any(String), null])
  talk.raw(`["p",1,${name},"x",1]\n["p",2,"room:1",${name},1]\n["q",3,"room:1",${name},1]`)
  for (const n of [1, 2, 3]) begins(talk.heard.find((each) => each[1] === n) ?? (await talk.expect('n')), ['n'])
  await talk.settle()
  expect(talk.heard.filter(([op]) => op === 'n').map(([, , code]) => code)).toEqual(['invalid', 'invalid', 'invalid'])
})

test('P-70: A18: text that is no UTF-8 ends the connection', async () => {
  const talk = await hello(url)
  talk.raw(Buffer.concat([Buffer.from('["e","room:1","x","'), Buffer.from([0xff, 0xfe]), Buffer.from('"]')]), false)
  expect(await talk.closed).toBe(1007)
  const body = Buffer.concat([Buffer.from(`${lines(greeting())}\n["e","room:1","x","`), Buffer.from([0xff, 34, 93])])
  begins((await post(url, body)).frames[0], ['b', 4400])
})

test.each([
  Buffer.from([]),
  Buffer.from([10]),
  Buffer.from([1, 2, 3]),
  Buffer.from('["e","room:1","x",0,{"b":1}]'),
  Buffer.from('["e","room:1","x",0]\nabc'),
  Buffer.from('["e","room:1","x",0,{"b":1}\nabc'),
  Buffer.from('["i"]\n["e","room:1","x",0,{"b":1}]\nabc'),
  Buffer.from([255, 10, 1]),
])('P-70: A23: the binary message %j is malformed', async (bytes) => {
  const talk = await hello(url)
  talk.raw(bytes)
  expect(await talk.closed).toBe(4400)
})

test.each(['5', 'null', '"no base64!"', '{}'])('P-70: A23: %s are no bytes over HTTP', async (data) => {
  begins((await post(url, `${lines(greeting())}\n["e","room:1","x",${data},{"b":1}]`)).of('b')[0], ['b', 4400])
})

test('P-70: A24: a message in endless fragments is cut off', async () => {
  const talk = await hello(url)
  for (let i = 0; i < 2_000; i++) talk.fragment('x', false)
  expect(await talk.closed).toBeGreaterThan(1000)
})

test('P-70: A24: a hello that never ends is not waited for', async () => {
  const talk = await dial(url)
  talk.fragment('["h",', false)
  expect(await talk.closed).toBe(4011)
})

test('P-70: A25: a flood of pings ends the connection', async () => {
  const talk = await hello(url)
  for (let i = 0; i < 200; i++) talk.controlPing()
  // a WebSocket library may cut it off before the server has seen enough of them
  expect([1006, 4510]).toContain(await talk.closed)
})

test('P-70: A34: a flood before the welcome is not kept', async () => {
  const slow = await startTarget({ authenticate: () => new Promise(() => {}), limits: { hookMs: 2_000 } })
  const talk = await dial(slow.url)
  talk.say(greeting())
  for (let i = 1; i <= 5; i++) talk.say(['p', i, 'room:1', 'x', 'x'.repeat(20_000)])
  expect(await talk.closed).toBe(4011)
  await slow.close()
})

test.each(['short', 'x'.repeat(21), 'ö'.repeat(30), ' '.repeat(30), 'x'.repeat(500)])(
  'P-70: A50: %j is no secret',
  async (s) => {
    begins((await post(url, [['h', { v: 1, s, g: 1, w: 0 }]])).frames[0], ['b', 4400])
  },
)

test('P-70: A51: a public id is of no use to others', async () => {
  const { of } = await post(url, [['h', { v: 1, s: neighbour.welcome.id, g: 9, w: 0 }]])
  expect((of('w')[0]?.[1] as { id: string }).id).not.toBe(neighbour.welcome.id)
  expect(await neighbour.settle()).toEqual([])
})

test('P-70: A65: nobody can speak in the name of another', async () => {
  const talk = await hello(url)
  talk.say(['p', 1, home, 'x', 'fake', { f: `${neighbour.welcome.id}:1`, e: 1 }])
  const event = await neighbour.expect('m')
  expect(event[5]).toEqual({ f: `${talk.welcome.id}:1` })
  home = `${home}-2`
  neighbour.heard.length = 0
  neighbour = await hello(url)
  neighbour.say(['s', home, null])
  await neighbour.expect('s')
})
