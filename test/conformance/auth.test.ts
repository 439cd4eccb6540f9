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

// a token is `<user>`, or `<user> <ms>` for one that is good so long

/** A client of long-polling, its hello with the ticket. */
async function ticketed(t: string) {
  const s = secret()
  const { of } = await post(url, [['h', { v: 1, s, g: 1, w: 0, t }]])
  const [[, { k }]] = of('w') as [[string, { k: string }]]
  return { s, k, hello: (w: number, g = 1) => ['h', { v: 1, s, g, w, k }] }
}

test('P-50: a bad token ends the hello, and nobody learns why', async () => {
  const { of } = await post(url, [['h', { v: 1, s: secret(), g: 1, w: 0, t: 'bad' }]])
  begins(of('b')[0], ['b', 4501, expect.any(String), null])
  expect(JSON.stringify(of('b'))).not.toContain('internal')
  const talk = await dial(url)
  talk.say(['h', { v: 1, s: secret(), g: 1, t: 'bad' }], ['s', 'room:1', null])
  expect(await talk.closed).toBe(4501)
  expect(talk.heard.map(([op]) => op)).toEqual(['b'])
  expect(JSON.stringify(talk.heard)).not.toContain('internal')
})

test('P-50: a hook that takes too long means that the client is to come again', async () => {
  const slow = await startTarget({ authenticate: () => new Promise(() => {}), limits: { hookMs: 50 } })
  const { of } = await post(slow.url, [['h', { v: 1, s: secret(), g: 1, w: 0 }]])
  begins(of('b')[0], ['b', 4000, expect.any(String), expect.any(Number)])
  const talk = await dial(slow.url)
  talk.say(['h', { v: 1, s: secret(), g: 1 }])
  expect(await talk.closed).toBe(4000)
  await slow.close()
})

test('P-51: a session belongs to one user', async () => {
  const talk = await hello(url, { t: 'ada' })
  const { of } = await post(url, [['h', { v: 1, s: talk.s, g: 2, w: 0, t: 'eve' }]])
  begins(of('b')[0], ['b', 4503, expect.any(String), null])
  const other = await dial(url)
  other.say(['h', { v: 1, s: talk.s, g: 2, t: 'eve' }])
  expect(await other.closed).toBe(4503)
  expect(await talk.settle()).toEqual([])
})

test('P-53: a fresh token on a live connection is checked, and says nothing if it is good', async () => {
  const talk = await hello(url, { t: 'ada' })
  talk.say(['a', 'ada 60000'])
  expect(await talk.settle()).toEqual([])
  talk.say(['a', 'eve'])
  expect(await talk.closed).toBe(4503)
  const other = await hello(url, { t: 'ada' })
  other.say(['a', 'bad'])
  expect(await other.closed).toBe(4501)
})

test('P-54: who carries a token that runs out is told so, and then it does', async () => {
  const talk = await hello(url, { t: 'ada 150' })
  const [, ms] = await talk.expect('t')
  expect(ms).toBeLessThanOrEqual(50)
  expect(await talk.closed).toBe(4501)
  const { of } = await post(url, [
    ['h', { v: 1, s: secret(), g: 1, w: 20_000, t: 'ada 150' }],
    ['s', 'room:1', null],
  ])
  begins(of('w')[0], ['w'])
})

test('P-54: a fresh token in time takes the place of the old one', async () => {
  const talk = await hello(url, { t: 'ada 150' })
  await talk.expect('t')
  talk.say(['a', 'ada 300'])
  await talk.expect('t')
  talk.say(['a', 'ada'])
  expect(await talk.settle()).toEqual([])
})

test('P-54: a held poll is told, too', async () => {
  const client = await ticketed('ada 300')
  const { of } = await post(url, [client.hello(20_000, 2)])
  begins(of('t')[0], ['t', expect.any(Number)])
  const ended = await post(url, [client.hello(20_000, 3)])
  begins(ended.of('b')[0], ['b', 4501])
})

test('P-55: a user who is kicked is told so on every connection, and between them', async () => {
  const user = `kicked-${secret()}`
  const talk = await hello(url, { t: user })
  const client = await ticketed(user)
  const bystander = await hello(url, { t: 'ada' })
  target.realtime.kick({ user })
  expect(await talk.closed).toBe(4506)
  begins(talk.heard.at(-1), ['b', 4506, expect.any(String), null])
  begins((await post(url, [client.hello(20_000, 2)])).of('b')[0], ['b', 4506, expect.any(String), null])
  expect(await bystander.settle()).toEqual([])
})

test('P-56: a ticket stands for the token, of its own client and user only', async () => {
  const [ada, eve] = [await ticketed('ada'), await ticketed('eve')]
  expect((await post(url, [ada.hello(0)])).frames).toEqual([['i', expect.any(Number)]])
  for (const [s, k] of [
    [ada.s, eve.k],
    [eve.s, ada.k],
    [ada.s, ada.k.replace(/^./, (char) => (char === 'z' ? 'y' : 'z'))],
    [ada.s, `${ada.k}.`],
    [ada.s, 'a.b.c'],
    [ada.s, ''],
  ])
    expect((await post(url, [['h', { v: 1, s, g: 9, w: 0, k }]])).frames).toEqual([['b', 4012, expect.any(String), 0]])
})

test('P-56: a bad ticket beside a good token does no harm', async () => {
  const { of } = await post(url, [['h', { v: 1, s: secret(), g: 1, w: 0, k: 'gone', t: 'ada' }]])
  begins(of('w')[0], ['w', { id: expect.any(String), k: expect.any(String) }])
})

test('P-57: a ticket that will not last is replaced by a welcome that ends the hold', async () => {
  const client = await ticketed('ada 60000')
  expect((await post(url, [client.hello(0)])).of('w')).toEqual([])
  const fresh = await post(url, [client.hello(0), ['a', 'ada']])
  expect(fresh.of('b')).toEqual([])
  const { of } = await post(url, [client.hello(20_000, 2)])
  const [[, { k }]] = of('w') as [[string, { k: string }]]
  expect(k).not.toBe(client.k)
  expect((await post(url, [['h', { v: 1, s: client.s, g: 3, w: 0, k }]])).of('w')).toEqual([])
})
