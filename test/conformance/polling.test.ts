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

let rooms = 0
const room = () => `room:${Date.now()}-l${++rooms}`

/** A client that has been welcomed over HTTP: its hello with the ticket, and where its channel stands. */
async function joined(channel = room()) {
  const s = secret()
  const first = await post(url, [
    ['h', { v: 1, s, g: 1, w: 0 }],
    ['s', channel, null],
  ])
  const [[, { k }]] = first.of('w') as [[string, { k: string }]]
  const [[, , , cursor]] = first.of('s') as [[string, string, number, [string, number]]]
  let g = 1
  return {
    s,
    channel,
    cursor,
    ticket: k,
    hello: (w: number) => ['h', { v: 1, s, k, w, g: w ? ++g : g }],
  }
}

test.each([
  ['https://evil.example', 403],
  ['https://app.example.com.evil.example', 403],
  ['https://app.example.com:444', 403],
  ['null', 403],
  ['https://app.example.com', 200],
  [undefined, 200],
])('P-52: a request from %s is answered %i', async (origin, status) => {
  const { response, of } = await post(url, [['h', { v: 1, s: secret(), g: 1, w: 0 }]], origin ? { origin } : {})
  expect(response.status).toBe(status)
  expect(response.headers.get('access-control-allow-origin')).toBe(status === 200 ? (origin ?? null) : null)
  if (status === 403) begins(of('b')[0], ['b', 4504, expect.any(String), null])
  const upgrade = dial(url, origin ? { origin } : {}).then(
    () => 200,
    () => 403,
  )
  expect(await upgrade).toBe(status)
})

test('P-60: an answer is plain text that nobody keeps or changes', async () => {
  const { response } = await post(url, [['h', { v: 1, s: secret(), g: 1, w: 0 }]])
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': expect.stringMatching(/^text\/plain/),
    'cache-control': 'no-store, no-transform',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
  })
})

test('P-61: an exchange that is not held brings welcome, replay and acknowledgements in one answer', async () => {
  const channel = room()
  const talk = await hello(url)
  talk.say(['p', 1, channel, 'x', 'before'])
  await talk.expect('k')
  const { frames } = await post(url, [
    ['h', { v: 1, s: secret(), g: 1, w: 0 }],
    ['s', channel, null, { r: 1 }],
    ['p', 1, channel, 'x', 'now'],
  ])
  expect(frames.map(([op]) => op)).toEqual(expect.arrayContaining(['w', 's', 'm', 'k']))
  expect(frames[0]?.[0]).toBe('w')
})

test('P-62: a poll is held until there is something to say, or its time is over', async () => {
  const { channel, cursor, hello: again } = await joined()
  const empty = await post(url, [again(50), ['s', channel, cursor]])
  begins(empty.frames[0], ['i'])
  expect(empty.frames.length).toBe(1)
  const held = post(url, [again(20_000), ['s', channel, cursor]])
  const talk = await hello(url)
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(0)
  talk.say(['p', 1, channel, 'x', 'at last'])
  begins((await held).of('m')[0], ['m', channel, cursor[1] + 1, 'x', 'at last'])
})

test('P-63: with a ticket there is no welcome, and no answer for a channel with a cursor', async () => {
  const { channel, cursor, hello: again } = await joined()
  const { frames } = await post(url, [again(5_000), ['s', channel, cursor], ['i']])
  expect(frames).toEqual([['o']])
})

test('P-64: a ticket that is not good here is answered 4012', async () => {
  const { s, ticket } = await joined()
  for (const [secretOf, k] of [
    [s, `${ticket.slice(0, -2)}xx`],
    [secret(), ticket],
    [s, 'x'],
  ]) {
    const { of } = await post(url, [['h', { v: 1, s: secretOf, g: 1, w: 0, k }]])
    begins(of('b')[0], ['b', 4012])
  }
})

test('P-65: the newest held poll stays, older ones are answered at once', async () => {
  const { channel, cursor, hello: again } = await joined()
  const [one, two] = [again(20_000), again(500)]
  const older = post(url, [one, ['s', channel, cursor]])
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(0)
  const newer = post(url, [two, ['s', channel, cursor]])
  expect((await older).frames).toEqual([['i']])
  const late = await post(url, [one, ['s', channel, cursor]])
  expect(late.frames).toEqual([['i']])
  await newer
})

test('P-66: a reply ends the hold, and so does a ping', async () => {
  const { hello: again } = await joined()
  begins((await post(url, [again(20_000), ['q', 1, 'room:1', 'add', { n: 1 }]])).of('r')[0], [
    'r',
    1,
    expect.any(Number),
  ])
  expect((await post(url, [again(20_000), ['i']])).frames).toEqual([['o']])
})

test('P-67: an answer is capped, says that there is more, and loses nothing', async () => {
  const { channel, cursor, hello: again } = await joined()
  const talk = await hello(url)
  for (let n = 1; n <= 20; n++) talk.say(['p', n, channel, 'x', String(n).padEnd(40_000, '.')])
  await talk.settle()
  const offsets: number[] = []
  let place = cursor
  for (let polls = 0; offsets.length < 20 && polls < 20; polls++) {
    const { text, of } = await post(url, [again(5_000), ['s', channel, place]])
    expect(text.length).toBeLessThan(300_000)
    const got = of('m').map(([, , offset]) => offset as number)
    if (offsets.length + got.length < 20) expect(of('y').length).toBe(1)
    offsets.push(...got)
    place = [place[0], offsets.at(-1) ?? place[1]]
  }
  expect(offsets).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
})

test('P-68: what is no exchange is refused with a status', async () => {
  expect((await post(url, 'x'.repeat(300_000))).response.status).toBe(413)
  expect((await post(url, [['i']], { 'content-encoding': 'gzip' })).response.status).toBe(415)
  expect((await fetch(url)).status).toBe(405)
  expect((await post(url, [['h', { v: 1, s: secret(), g: 1, w: 0 }]])).response.status).toBe(200)
})

test('P-61: an exchange that brings nothing and asks for nothing is answered, too', async () => {
  const { hello: again } = await joined()
  begins((await post(url, [again(0)])).frames[0], ['i'])
  const { channel } = await joined()
  const { frames } = await post(url, [again(0), ['p', 1, channel, 'no', 1], ['p', 2, channel, 'x', 2]])
  expect(frames.map(([op, n]) => [op, n])).toEqual([
    ['n', 1],
    ['k', 2],
  ])
})

test('P-62: events that come together leave together', async () => {
  const { channel, cursor, hello: again } = await joined()
  const held = post(url, [again(20_000), ['s', channel, cursor]])
  const talk = await hello(url)
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(0)
  talk.say(...Array.from({ length: 10 }, (_, i) => ['p', i + 1, channel, 'x', i + 1]))
  await talk.settle()
  expect((await held).of('m').length).toBe(10)
})

test('P-62: volatile events, gaps and refusals end a hold, too', async () => {
  const { channel, cursor, hello: again } = await joined()
  const held = post(url, [again(20_000), ['s', channel, cursor]])
  const talk = await hello(url)
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(0)
  talk.say(['e', channel, 'typing', 1])
  begins((await held).of('m')[0], ['m', channel, 0, 'typing', 1])
  const { of } = await post(url, [again(20_000), ['s', channel, ['other', 3]]])
  expect(of('g')).toEqual([['g', channel, cursor, 'epoch', null, ['other', 3]]])
  const refused = await post(url, [again(20_000), ['s', 'closed:1', ['other', 3]]])
  begins(refused.of('d')[0], ['d', 'closed:1'])
})

test('P-63: a fresh join is answered, with a ticket too', async () => {
  const { channel, cursor, hello: again } = await joined()
  const other = room()
  const { frames } = await post(url, [again(20_000), ['s', channel, cursor], ['s', other, null]])
  expect(frames).toEqual([['s', other, 0, [expect.any(String), 0]]])
})

test('P-65: exchanges that are not held replace nothing, and nothing replaces them', async () => {
  const { channel, cursor, s, ticket, hello: again } = await joined()
  const held = post(url, [again(20_000), ['s', channel, cursor]])
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(0)
  const sends = [1, 2, 3, 4].map((n) =>
    post(url, [
      ['h', { v: 1, s, g: 1, w: 0, k: ticket }],
      ['p', 1, channel, 'x', n],
    ]),
  )
  for (const { of } of await Promise.all(sends)) expect(of('k')).toEqual([['k', 1, 1]])
  expect((await held).of('m').length).toBe(1)
})

test('P-65: a WebSocket does not end a poll, nor a poll a WebSocket', async () => {
  const { channel, cursor, s, hello: again } = await joined()
  const held = post(url, [again(20_000), ['s', channel, cursor]])
  await expect.poll(() => target.realtime.stats().connections.polling).toBeGreaterThan(0)
  const talk = await hello(url, { g: 9 }, s)
  talk.say(['s', channel, cursor], ['p', 1, channel, 'x', 1])
  begins(await talk.expect('m'), ['m', channel, 1])
  expect((await held).of('m').length).toBe(1)
})
