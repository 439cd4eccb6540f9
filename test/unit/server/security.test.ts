import fc from 'fast-check'
import { expect, test } from 'vitest'
import { networkOf, throughProxies } from '../../../src/server/admission'
import { EverwireError } from '../../../src/shared/errors'
import { compilePattern } from '../../../src/shared/pattern'
import { brief, connect, hello, only, poll, request, secretOf, startCore, ticketOf, turn } from './support'

// Rows of the catalogue of attacks that show inside the server only; what shows on the wire is in test/conformance.

const codes = (frames: unknown[][], op = 'b') => only(frames, op).map((frame) => frame[op === 'b' ? 1 : 2])
const from = (address: string, headers: object = {}) => ({ address, headers: { ...request.headers, ...headers } })

test('A30, A34: one address has so many connections, and others are not affected', async () => {
  const { core } = startCore({ limits: { connectionsPerAddress: 2 } })
  const held = [1, 2].map((i) => poll(core, [hello(`ann${i}`, 20_000), ['s', 'room:1', null]], from('10.0.0.1')))
  await turn()
  expect(codes(await poll(core, [hello('eve', 0)], from('10.0.0.1')).frames())).toEqual([4002])
  expect(codes(await poll(core, [hello('eve', 0)], from('::ffff:10.0.0.1')).frames())).toEqual([4002])
  expect(codes(await poll(core, [hello('bob', 0)], from('10.0.0.2')).frames())).toEqual([])
  held[0]?.abort()
  await held[0]?.answer
  expect(codes(await poll(core, [hello('eve', 0)], from('10.0.0.1')).frames())).toEqual([])
  held[1]?.abort()
})

test('A30: a network of IPv6 counts as one address', () => {
  expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:0db8:1:2::1'))
  expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'))
  expect(networkOf('::1')).toBe('0:0:0:0')
  expect([networkOf('10.0.0.1'), networkOf('::FFFF:10.0.0.1')]).toEqual(['10.0.0.1', '10.0.0.1'])
  expect(networkOf(undefined)).toBe('')
})

test.each([
  [0, '1.1.1.1, 2.2.2.2', '127.0.0.1'],
  [1, '1.1.1.1, 2.2.2.2', '2.2.2.2'],
  [2, '6.6.6.6, 1.1.1.1, 2.2.2.2', '1.1.1.1'],
  [3, '1.1.1.1', '127.0.0.1'],
  [1, undefined, '127.0.0.1'],
])('A73: behind %i proxies, X-Forwarded-For: %s comes from %s', (proxies, header, address) => {
  const headers = header === undefined ? {} : { 'x-forwarded-for': header }
  expect(throughProxies({ ...request, headers }, proxies).address).toBe(address)
})

test('A73: authenticate sees the address that the proxy saw, on both transports', async () => {
  const seen: unknown[] = []
  const { core } = startCore({ proxies: 1, authenticate: ({ request: { address } }) => void seen.push(address) })
  await poll(core, [hello('ann', 0)], from('127.0.0.1', { 'x-forwarded-for': 'spoofed, 9.9.9.9' })).frames()
  expect(seen).toEqual(['9.9.9.9'])
})

test('A35: a token that was refused is refused for ten seconds without asking again, another one is asked about', async () => {
  const asked: unknown[] = []
  const { core, pass } = startCore({
    authenticate({ token }) {
      asked.push(token)
      if (token !== 'good') throw new Error('no')
    },
  })
  const say = async (t: string, address = '10.0.0.1') =>
    codes(await poll(core, [hello(`eve-${t}`, 0, { t })], from(address)).frames())
  for (let i = 0; i < 5; i++) expect(await say('bad')).toEqual([4501])
  expect(await say('good')).toEqual([])
  expect(await say('bad', '10.0.0.2')).toEqual([4501])
  expect(asked).toEqual(['bad', 'good', 'bad'])
  await pass(10_000)
  await say('bad')
  expect(asked.length).toBe(4)
})

test('A35: a hook that asks for patience is asked again', async () => {
  let busy = true
  const { poll } = startCore({
    authenticate() {
      if (busy) throw new EverwireError('db', 'busy', { retryMs: 100 })
    },
  })
  expect(codes(await poll([hello('ann', 0, { t: 'x' })]).frames())).toEqual([4000])
  busy = false
  expect(codes(await poll([hello('ann', 0, { t: 'x' })]).frames())).toEqual([])
})

test('A34, F57: so many hellos are decided at a time, the others come a little later', async () => {
  const admit: (() => void)[] = []
  const { core, connect } = startCore({
    limits: { greetings: 3 },
    authenticate: () => new Promise<object>((resolve) => admit.push(() => resolve({}))),
  })
  const sockets = [1, 2, 3, 4, 5].map(() => connect())
  for (const [i, socket] of sockets.entries()) await socket.hello(`ann${i}`)
  expect(admit.length).toBe(3)
  expect(sockets.map(({ state }) => state.closed)).toEqual([undefined, undefined, undefined, 4002, 4002])
  expect(sockets[4]?.of('b')[0]?.[3]).toBeGreaterThan(0)
  for (const each of admit) each()
  await turn()
  expect(core.stats().connections.websocket).toBe(3)
})

test('a user who is kicked while authenticate still thinks is not let in by what it knew before', async () => {
  let admit = (_: object) => {}
  const { core, connect } = startCore({ authenticate: () => new Promise((resolve) => (admit = resolve)) })
  const socket = connect()
  await socket.hello('ann')
  core.kick({ user: 'ann' })
  admit({ id: 'ann' })
  await turn()
  expect(socket.state.closed).toBe(4506)
})

test('identify that returns no text lets nobody in, and the operator hears of it', async () => {
  const { poll, errors } = startCore({ identify: () => 7 as unknown as string })
  expect(codes(await poll([hello('ann', 0)]).frames())).toEqual([4501])
  expect(errors.map(String)).toEqual([expect.stringContaining('identify')])
})

test('A37: no token, ticket, secret or payload is in errors, reasons or statistics', async () => {
  const seen: unknown[] = []
  const secret = secretOf('canary-secret')
  const { core } = startCore({
    onError: (error) => seen.push(error, (error as Error).stack),
    authenticate({ token }) {
      if (token?.startsWith('canary-bad')) throw new Error('no')
      return { id: 'canary-user' }
    },
    channels: {
      'room:{id}': {
        publish: () => {
          throw new Error('hook')
        },
        requests: { boom: () => 10n },
      },
    },
  })
  const socket = connect(core)
  await socket.say(
    ['h', { v: 1, s: secret, g: 1, t: 'canary-token' }],
    ['p', 1, 'room:1', 'm', 'canary-data'],
    ['q', 2, 'room:1', 'boom', 'canary-input'],
    ['p', 3, 'room:1', 'm', 'canary-data', { a: 'canary-age' }],
  )
  const ticket = ticketOf(socket.frames)
  const frames = socket.frames.filter(([op]) => op !== 'w')
  for (const k of [`${ticket}canary`, 'canary-ticket'])
    frames.push(...(await poll(core, [['h', { v: 1, s: secret, g: 2, w: 0, k }]]).frames()))
  frames.push(...(await poll(core, [['h', { v: 1, s: secret, g: 2, w: 0, t: 'canary-bad' }]]).frames()))
  frames.push(...(await poll(core, [['h', { v: 'canary-version', s: secret, g: 2 }]]).frames()))
  const told = JSON.stringify([frames, seen.map(String), core.stats()])
  expect(told).not.toContain('canary')
  expect(told).not.toContain(ticket)
  expect(seen.length).toBeGreaterThan(0)
})

test('A43: with hosts, a name that suddenly points here is not the same host', () => {
  const { core } = startCore({ hosts: ['localhost:8080'] })
  const origin = (name: string) =>
    core.origin({ ...request, headers: { host: name, origin: `http://${name}` } }) !== undefined
  expect([origin('localhost:8080'), origin('rebound.example:8080')]).toEqual([true, false])
})

test('A45: a ticket of any length is no ticket', async () => {
  const { poll } = startCore()
  const k = ticketOf(await poll([hello('ann', 0)]).frames())
  for (const bent of [k + k, `${'0'.repeat(10_000)}${k}`, k.toUpperCase(), `none.${k.split('.')[1]}`, '.', `${k}=`])
    expect(codes(await poll([hello('ann', 0, { k: bent })]).frames())).toEqual([4012])
})

test('A59, A69: a client that asks for the past without reading it holds its position and nothing else', async () => {
  const { core, connect } = startCore({ limits: { bufferedBytes: 50_000 } })
  for (let i = 0; i < 500; i++) await core.publish('room:1', 'm', 'x'.repeat(1_000))
  const socket = connect()
  await socket.hello('eve')
  socket.state.buffered = 60_000
  await socket.say(['i'])
  for (let i = 0; i < 20; i++) await socket.say(['s', 'room:1', null, { r: 500 }])
  for (let i = 0; i < 10; i++) await turn()
  expect(socket.of('m')).toEqual([])
  expect(socket.of('s').length).toBe(20)
})

test('A69, L1: what one connection makes the server hold is bounded, whatever the rate: counted, not measured', async () => {
  const limits = { bufferedBytes: 50_000, bufferedBytesHard: 100_000, unsettled: 10, unsettledBytes: 10_000 }
  const { core, connect } = startCore({
    limits: { ...limits, sendsPerSecond: 1e6, sendBurst: 1e6, framesPerSecond: 1e6, frameBurst: 1e6 },
    channels: {
      'room:{id}': {
        publish: ({ event }) => event === 'now' || new Promise<boolean>(() => {}),
        history: { messages: 100 },
      },
    },
  })
  const reader = connect()
  await reader.hello('reader', {}, ['s', 'room:1', null])
  // the network takes nothing any more: it counts up what is handed to it
  let written = 0
  Object.defineProperty(reader.state, 'buffered', {
    get: () => reader.messages.reduce((sum, { length }) => sum + length, 0),
    set: () => {},
  })
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 200; i++) await core.publish('room:1', 'm', 'x'.repeat(500))
    await turn()
    written = Math.max(written, reader.state.buffered)
  }
  expect(written).toBeLessThan(limits.bufferedBytes + 2_000)
  expect(core.stats().broker.events).toBe(100)

  const sender = connect()
  await sender.hello('sender')
  for (let n = 1; sender.state.closed === undefined && n < 10_000; n++)
    sender.handlers.receive(`["p",${n},"room:1","later",1]`)
  // all that two transports and four exchanges may carry at once, and the one that was too much
  expect(sender.state.closed).toBe(4002)
})

test('A69: replies that nobody reads end the connection at the hard limit, at once', async () => {
  const { connect } = startCore({
    limits: { bufferedBytesHard: 300_000 },
    channels: { 'room:{id}': { requests: { big: () => 'x'.repeat(100_000) } } },
  })
  const socket = connect()
  await socket.hello('eve', {}, ['q', 1, 'room:1', 'big', 0])
  socket.handlers.receive(Array(200).fill('["q",1,"room:1","big",0]').join('\n'))
  expect(socket.state.closed).toBe(4008)
  expect(socket.messages.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(200_000)
})

test('A69: an answer holds no more replies than it may, and says that more waits', async () => {
  const { poll } = startCore({ channels: { 'room:{id}': { requests: { big: () => 'x'.repeat(100_000) } } } })
  const k = ticketOf(await poll([hello('ann', 0)]).frames())
  const requests = [1, 2, 3, 4, 5].map((n) => ['q', n, 'room:1', 'big', 0])
  const got = new Set<unknown>()
  for (let g = 2; got.size < 5 && g < 10; g++) {
    const open = requests.filter(([, n]) => !got.has(n))
    const frames = await poll([hello('ann', 20_000, { g, k }), ...open]).frames()
    expect(JSON.stringify(frames).length).toBeLessThan(270_000)
    for (const [, n] of only(frames, 'r')) got.add(n)
    if (got.size < 5) expect(frames.at(-1)).toEqual(['y'])
  }
  expect([...got]).toEqual([1, 2, 3, 4, 5])
})

test('A61: names nobody reads any more are let go, however many are asked for', async () => {
  const { core, poll } = startCore()
  for (let i = 0; i < 100; i++)
    await poll([hello(`eve${i}`, 0), ...Array.from({ length: 120 }, (_, n) => ['s', `room:${i}-${n}`, null])]).frames()
  const { channels, broker } = core.stats()
  expect(channels).toBeLessThanOrEqual(10_000)
  expect(broker.channels).toBe(0)
})

test('A70: bytes per second are limited, and the publish comes later', async () => {
  const { connect, pass } = startCore({ limits: { sendBytesPerSecond: 10_000, sendBytesBurst: 20_000 } })
  const socket = connect()
  const big = 'x'.repeat(9_000)
  await socket.hello('ann', {}, ...[1, 2, 3, 4].map((n) => ['p', n, 'room:1', 'm', big]))
  expect(socket.of('k')).toEqual([['k', 1, 1, 2, 2]])
  const [[, n, code, , retryMs]] = socket.of('n') as [[string, number, string, string, number]]
  expect([n, code]).toEqual([3, 'rate'])
  // the copy is a little longer: it says how old it is
  await pass(retryMs + 10)
  await socket.say(['p', 3, 'room:1', 'm', big, { a: retryMs }])
  expect(socket.of('k').at(-1)).toEqual(['k', 3, 3])
})

test('A71: no name makes a pattern think for long', () => {
  const pattern = compilePattern('{a}-{b}-{c}-{d}-{e}-{f}-{g}-{h}x')
  // 10^15 ways for a regular expression to fail
  expect(pattern.match('-'.repeat(128))).toBeUndefined()
})

test('patterns match as regular expressions would', () => {
  const part = fc.oneof(fc.constantFrom('{a}', '{b}', '{c}', ':', '-', 'x', 'xx'))
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 7 }),
      fc.string({ unit: fc.constantFrom('x', '-', ':', 'y'), maxLength: 10 }),
      (parts, name) => {
        let count = 0
        const source = parts.map((text) => (text.startsWith('{') ? `{p${count++}}` : text)).join('')
        const expression = new RegExp(`^${source.replace(/\{\w+\}/g, '([^:]+)')}$`)
        const found = expression.exec(name)
        const params = compilePattern(source).match(name)
        expect(params && Object.values(params)).toEqual(found ? found.slice(1) : undefined)
      },
    ),
    { numRuns: 2_000 },
  )
})

test('A75: what was sent early may have been repeated by anyone: only what is numbered counts', async () => {
  const { core } = startCore()
  const early = from('10.0.0.1', { 'early-data': '1' })
  const refused = await poll(core, [hello('ann', 0), ['e', 'room:1', 'm', 1]], early).answer
  expect(refused.status).toBe(425)
  const taken = await poll(core, [hello('ann', 0), ['p', 1, 'room:1', 'm', 1]], early).answer
  expect([taken.status, only(taken.frames, 'k')]).toEqual([200, [['k', 1, 1]]])
})

test('A83: statistics name no channel, no user and no token', async () => {
  const { core, poll } = startCore({ authenticate: () => ({ id: 'canary-user' }) })
  await poll([
    hello('ann', 0, { t: 'canary-token' }),
    ['s', 'room:canary', null],
    ['p', 1, 'room:canary', 'm', 1],
  ]).frames()
  expect(JSON.stringify(core.stats())).not.toContain('canary')
})

test('A84: a channel that does not exist and one that is not for this user are refused in the same words', async () => {
  const { poll } = startCore({
    channels: { 'room:{id}': { subscribe: () => false, publish: () => false }, 'news:{id}': {} },
  })
  const frames = await poll([
    hello('ann', 0),
    ...['room:1', 'nothing:1'].flatMap((channel, i) => [
      ['s', channel, null],
      ['p', i + 1, channel, 'm', 1],
    ]),
    ['p', 3, 'news:1', 'm', 1],
  ]).frames()
  expect(new Set(only(frames, 'd').map((frame) => JSON.stringify(frame.slice(2))))).toEqual(
    new Set(['["forbidden","",null]']),
  )
  expect(new Set(only(frames, 'n').map((frame) => JSON.stringify(frame.slice(2))))).toEqual(
    new Set(['["forbidden","",null]']),
  )
  expect(brief(only(frames, 'n')).length).toBe(3)
})
