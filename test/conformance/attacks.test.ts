import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTarget, type Target } from './server'
import { begins, dial, hello, lines, post, secret } from './talk'

// Rows A27–A84 of the catalogue of attacks; those before are in hostile.test.ts.

let target: Target
let url: string
beforeAll(async () => {
  target = await startTarget({ limits: { helloMs: 300 } })
  url = process.env.EVERWIRE_URL ?? target.url
})
afterAll(() => target.close())

let rooms = 0
const room = () => `room:attack-${++rooms}`
const greeting = (more: object = {}) => ['h', { v: 1, s: secret(), g: 1, w: 0, ...more }]

test('P-70: A27, A28: nothing is ever inflated', async () => {
  const talk = await dial(url, { 'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits' })
  talk.say(greeting())
  await talk.expect('w')
  expect(talk.extensions).toBe('')
  const body = new Uint8Array(gzipSync(lines(greeting())))
  for (const encoding of ['gzip', 'br', 'deflate', 'gzip, identity']) {
    const { response } = await post(url, body, { 'content-encoding': encoding })
    expect(response.status).toBe(415)
  }
})

test('P-70: A33: one who connects and says nothing is sent away', async () => {
  expect(await (await dial(url)).closed).toBe(4011)
})

test.each([
  'https://evil.example',
  'null',
  'https://app.example.com.evil.example',
  'https://app.example.com:444',
  'HTTPS://APP.EXAMPLE.COM',
  'https://app.example.com.',
  'https://app.example.com/',
  'http://app.example.com',
  'app.example.com',
  '',
])('P-70: A38, A39, A40, A41: a page of %j can neither do nor read anything, cookies or not', async (origin) => {
  const channel = room()
  const send = [greeting(), ['p', 1, channel, 'x', 'forged']]
  const { response, text } = await post(url, send, { origin, cookie: 'session=valid' })
  expect(response.status).toBe(403)
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  expect(text).not.toContain('"k"')
  await expect(dial(url, { origin, cookie: 'session=valid' })).rejects.toThrow('403')
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x' },
  })
  expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
  const { of } = await post(url, [greeting(), ['s', channel, null, { r: 1 }]])
  expect(of('m')).toEqual([])
})

test('P-70: A44: it is of no use as a page, a script or a frame', async () => {
  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH']) {
    const response = await fetch(`${url}?callback=x`, { method })
    expect(response.status).toBe(405)
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
  }
})

/** A client of long-polling: its secret, its ticket and where its channel stands. */
async function joined(t: string, channel = room()) {
  const s = secret()
  const { of } = await post(url, [
    ['h', { v: 1, s, g: 1, w: 0, t }],
    ['s', channel, null],
  ])
  const [[, { k }]] = of('w') as [[string, { k: string }]]
  const [[, , , cursor]] = of('s') as [[string, string, number, [string, number]]]
  return { s, k, channel, cursor }
}

test('P-70: A45, A46, A47: a ticket is good for its own client, and for nothing that was made of it', async () => {
  const [ada, eve] = [await joined('ada'), await joined('eve')]
  expect((await post(url, [['h', { v: 1, s: ada.s, g: 2, w: 0, k: ada.k }]])).of('b')).toEqual([])
  const [expiry, mac] = ada.k.split('.') as [string, string]
  for (const k of [eve.k, `${expiry}.`, `.${mac}`, `zzzzzzzzz.${mac}`, `${expiry}.${mac}.${mac}`, `none.${mac}`, mac])
    begins((await post(url, [['h', { v: 1, s: ada.s, g: 2, w: 0, k }]])).of('b')[0], ['b', 4012])
})

test('P-70: A48: a refusal does not say which check failed', async () => {
  const answers = new Set<string>()
  for (const t of ['bad', 'x'.repeat(10_000), 'ada -1', 'ada 0']) answers.add((await post(url, [greeting({ t })])).text)
  expect([...answers]).toEqual([expect.stringMatching(/^\["b",4501,/)])
})

test('P-70: A52, A53: numbers are the own business of each client, and jumps and rollbacks hurt nobody else', async () => {
  const channel = room()
  const [ada, eve] = [await hello(url), await hello(url)]
  const last = Number.MAX_SAFE_INTEGER
  eve.say(['p', last, channel, 'x', 'e'], ['p', 1, channel, 'x', 'e'], ['p', last, channel, 'x', 'again'])
  expect(await eve.settle()).toEqual([
    ['n', 1, 'stale', expect.any(String), null],
    ['k', last, 1, last, 1],
  ])
  ada.say(['p', 1, channel, 'x', 'a'])
  expect(await ada.expect('k')).toEqual(['k', 1, 2])
})

test('P-70: A54: the same number with another payload is the first one', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['s', channel, null], ['p', 1, channel, 'x', 'first'], ['p', 1, channel, 'x', 'second'])
  const frames = await talk.settle()
  expect(frames.filter(([op]) => op === 'm').map(([, , , , data]) => data)).toEqual(['first'])
  expect(frames.filter(([op]) => op === 'k')).toEqual([['k', 1, 1, 1, 1]])
})

test('P-70: A55: a generation beyond all others locks out nobody but oneself', async () => {
  const eve = await hello(url, { g: Number.MAX_SAFE_INTEGER })
  const late = await dial(url)
  late.say(['h', { v: 1, s: eve.s, g: 1 }])
  expect(await late.closed).toBe(4009)
  expect(await (await hello(url)).settle()).toEqual([])
})

test('P-70: A56: a session that is played back does nothing twice', async () => {
  const channel = room()
  const s = secret()
  const recorded = lines(
    ['h', { v: 1, s, g: 1, w: 0, t: 'ada' }],
    ['p', 1, channel, 'x', 1],
    ['q', 2, channel, 'add', { n: 1 }],
    ['p', 3, channel, 'x', 3],
  )
  const first = await post(url, recorded)
  const again = await post(url, recorded)
  expect(again.of('k')).toEqual(first.of('k'))
  const talk = await dial(url)
  talk.raw(recorded)
  expect(await talk.expect('k')).toEqual(['k', 1, 1, 3, 2])
  expect((await post(url, [greeting(), ['s', channel, null, { r: 9 }]])).of('m').length).toBe(2)
})

test('P-70: A57, A58: a forged cursor gets nothing that a subscriber may not read, or a gap', async () => {
  const { cursor, channel } = await joined('ada')
  const eve = await hello(url)
  eve.say(['s', 'closed:1', [cursor[0], 0]])
  begins(await eve.expect('d'), ['d', 'closed:1', 'revoked'])
  for (const forged of [
    ['', 0],
    ['', 1],
    ['other', 0],
  ]) {
    eve.say(['s', channel, forged])
    begins(await eve.expect('g'), ['g', channel, expect.any(Array), 'epoch', null, forged])
  }
})

test('P-70: A60: who joins and leaves without end is told to come later, and the connection goes on', async () => {
  const strict = await startTarget({ limits: { channels: 5, subscribesPerSecond: 1, subscribeBurst: 5 } })
  const eve = await hello(strict.url)
  for (let i = 0; i < 20; i++) eve.say(['s', 'room:flap', null], ['u', 'room:flap'])
  const told = (await eve.settle()).filter(([op]) => op === 'd')
  expect(told.length).toBe(10)
  for (const frame of told) expect(frame).toEqual(['d', 'room:flap', 'rate', expect.any(String), expect.any(Number)])
  await strict.close()
})

test('P-70: A61, A62: to ask for a channel makes none, and reserved names are refused', async () => {
  const { channels } = target.realtime.stats().broker
  const eve = await hello(url)
  eve.say(...Array.from({ length: 200 }, (_, i) => ['s', `room:flood-${i}`, null]))
  eve.say(['s', '@everwire', null], ['p', 1, '@everwire', 'x', 1], ['q', 2, '@everwire', 'add', 1])
  const frames = await eve.settle()
  expect(frames.filter(([op]) => op === 'd').map(([, name, code]) => [name, code])).toEqual([
    ['@everwire', 'forbidden'],
  ])
  expect(frames.filter(([op]) => op === 'n').map(([, , code]) => code)).toEqual(['forbidden', 'forbidden'])
  expect(target.realtime.stats().broker.channels).toBe(channels)
})

test('P-70: A63: what is revoked is revoked on a parked poll, and at the next one', async () => {
  const user = `user-${secret()}`
  const client = await joined(user)
  const poll = (g: number) =>
    post(url, [
      ['h', { v: 1, s: client.s, g, w: 20_000, k: client.k }],
      ['s', client.channel, client.cursor],
    ])
  const before = target.realtime.stats().connections.polling
  const parked = poll(2)
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(before)
  target.realtime.unsubscribe({ user, channel: client.channel })
  begins((await parked).of('d')[0], ['d', client.channel, 'revoked'])
})

test('P-70: A64: to read is not to write', async () => {
  const talk = await hello(url)
  talk.say(['s', 'news:1', null], ['p', 1, 'news:1', 'x', 1], ['e', 'news:1', 'x', 1])
  const frames = await talk.settle()
  begins(
    frames.find(([op]) => op === 'n'),
    ['n', 1, 'forbidden'],
  )
  begins(
    frames.find(([op]) => op === 's'),
    ['s', 'news:1', 0],
  )
  expect(frames.filter(([op]) => op === 'm')).toEqual([])
})

test('P-70: A75: volatile events of TLS early data are for later', async () => {
  const early = await post(url, [greeting(), ['e', 'room:1', 'x', 1]], { 'early-data': '1' })
  expect(early.response.status).toBe(425)
  const numbered = await post(url, [greeting(), ['p', 1, room(), 'x', 1]], { 'early-data': '1' })
  expect(numbered.of('k')).toEqual([['k', 1, 1]])
})

test('P-70: A76: no message repeats what was sent', async () => {
  const evil = '<img src=x onerror=alert(1)>'
  const frames: unknown[][] = [
    ['p', 1, 'room:1', evil, 1],
    ['p', 1, evil, 'x', 1],
    ['q', 1, 'room:1', evil, 1],
    ['p', evil, 'room:1', 'x', 1],
    ['p', 1, 'room:1', 'x', 1, { a: evil }],
    ['s', 'room:1', [evil, evil]],
    ['s', 'room:1', null, { r: evil }],
    ['a', { [evil]: 1 }],
    [evil],
    ['h', { v: evil }],
  ]
  for (const frame of frames) expect((await post(url, [greeting(), frame])).text.toLowerCase()).not.toContain('onerror')
  for (const body of [
    evil,
    `[${evil}]`,
    lines(['h', { v: evil, s: evil, g: evil }]),
    lines(greeting({ t: `bad${evil}`, k: evil })),
  ])
    expect((await post(url, body)).text.toLowerCase()).not.toContain('onerror')
})

test('P-70: A84: a channel that does not exist is refused like one that is not for you', async () => {
  const talk = await hello(url)
  talk.say(
    ['s', 'closed:1', null],
    ['s', 'nowhere:1', null],
    ['p', 1, 'closed:1', 'x', 1],
    ['p', 2, 'nowhere:1', 'x', 1],
  )
  const frames = await talk.settle()
  const said = (op: string) => frames.filter((frame) => frame[0] === op).map((frame) => frame.slice(2))
  expect(said('d')).toEqual([said('d')[0], said('d')[0]])
  expect(said('n')).toEqual([said('n')[0], said('n')[0]])
})
