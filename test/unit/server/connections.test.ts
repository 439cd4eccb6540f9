import { expect, test } from 'vitest'
import { EverwireError } from '../../../src/shared/errors'
import { brief, hello, only, request, secretOf, startCore, ticketOf, turn } from './support'

const bye = (frames: unknown[][]) => only(frames, 'b').map((frame) => frame[1])

test('the welcome names what a client has to know', async () => {
  const { connect } = startCore()
  const [welcome] = await connect().hello('ann')
  expect(welcome?.[1]).toEqual({
    v: 1,
    id: expect.stringMatching(/^[\w-]{22}$/),
    k: expect.any(String),
    i: expect.stringMatching(/^[\w-]{8}$/),
    hb: 25_000,
    dd: 120_000,
    sp: 150,
    lim: { message: 65_536, channels: 512 },
  })
})

test('who says nothing for five seconds is sent away', async () => {
  const { connect, pass } = startCore()
  const socket = connect()
  await pass(5_000)
  expect(socket.state.closed).toBe(4011)
})

test('what arrives while authenticate thinks is kept and heard in order', async () => {
  let admit = (_user: object) => {}
  const { connect } = startCore({ authenticate: () => new Promise((resolve) => (admit = resolve)) })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null])
  for (let n = 1; n <= 30; n++) await socket.say(['p', n, 'room:1', 'm', n])
  expect(socket.frames).toEqual([])
  admit({ id: 'ann' })
  for (let i = 0; i < 5; i++) await turn()
  expect(socket.of('m').map((frame) => frame[4])).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
})

test('too much before the welcome ends it', async () => {
  const { connect } = startCore({ authenticate: () => new Promise(() => {}) })
  const socket = connect()
  await socket.hello('ann')
  for (let n = 1; n <= 3; n++) await socket.say(['p', n, 'room:1', 'm', 'x'.repeat(30_000)])
  expect(socket.state.closed).toBe(4011)
})

test('an authenticate hook that throws says no and nothing else; one that hangs, or asks for patience, says later', async () => {
  const { connect, pass, poll } = startCore({
    authenticate({ token }) {
      if (token === 'hang') return new Promise(() => {})
      throw token === 'busy' ? new EverwireError('db', 'swordfish', { retryMs: 700 }) : new Error('swordfish')
    },
  })
  expect(await connect().hello('ann', { t: 'bad' })).toEqual([['b', 4501, 'unauthorized: not authenticated', null]])
  expect(await connect().hello('ann', { t: 'busy' })).toEqual([['b', 4000, 'transient: try again', 700]])
  const hanging = connect()
  await hanging.hello('ann', { t: 'hang' })
  const exchange = poll([hello('ann', 0, { t: 'hang' })])
  await pass(5_001)
  expect(hanging.state.closed).toBe(4000)
  expect(bye(await exchange.frames())).toEqual([4000])
})

test('cookies are hidden from authenticate unless asked for', async () => {
  for (const credentials of [false, true]) {
    let seen: unknown
    const { connect } = startCore({
      credentials,
      authenticate(context) {
        seen = context.request.headers.cookie
      },
    })
    await connect().hello('ann')
    expect(seen).toBe(credentials ? request.headers.cookie : undefined)
  }
})

test('a session never changes its user', async () => {
  const { connect } = startCore({ authenticate: ({ token }) => ({ id: token }) })
  const socket = connect()
  await socket.hello('ann', { t: 'ann' })
  expect(bye(await connect().hello('ann', { t: 'eve', g: 2 }))).toEqual([4503])
  expect(bye(await socket.say(['a', 'eve']))).toEqual([4503])
})

test('the newer WebSocket of a session replaces the older; an older one that comes late is sent away', async () => {
  const { connect } = startCore()
  const [first, second, late] = [connect(), connect(), connect()]
  await first.hello('ann', { g: 1 })
  await second.hello('ann', { g: 3 })
  expect(first.state.closed).toBe(4009)
  await late.hello('ann', { g: 2 })
  expect(late.state.closed).toBe(4009)
  expect(second.state.closed).toBeUndefined()
})

test('a WebSocket leaves a held poll alone, and the other way round', async () => {
  const { connect, poll, pass } = startCore()
  const [welcome] = await connect().hello('ann', { g: 1 })
  const socket = connect()
  const held = poll([hello('ann', 20_000, { g: 2, k: ticketOf([welcome ?? []]) })])
  await pass(10)
  await socket.hello('ann', { g: 3 })
  expect(held.settled).toBeUndefined()
  held.abort()
})

test('a client is asked for a fresh token before the old one ends, and let go if none comes', async () => {
  const { connect, pass } = startCore({
    authenticate({ token, expiresIn }) {
      expiresIn(300_000)
      return { id: String(token).slice(0, 3) }
    },
    heartbeat: 2 ** 30,
  })
  const [ann, bob] = [connect(), connect()]
  await ann.hello('ann', { t: 'ann1' })
  await bob.hello('bob', { t: 'bob1' })
  await pass(240_000)
  expect(ann.of('t')).toEqual([['t', 60_000]])
  await ann.say(['a', 'ann2'])
  await pass(60_000)
  expect(ann.state.closed).toBeUndefined()
  expect(bob.state.closed).toBe(4501)
})

test('a client is pinged, and one that is silent after it is dead', async () => {
  const { connect, pass } = startCore()
  const [lively, dead] = [connect(), connect()]
  await lively.hello('ann')
  await dead.hello('bob')
  await pass(19_000)
  expect(lively.of('i')).toEqual([['i', 150]])
  await lively.say(['o'])
  await pass(10_000)
  expect(lively.state.closed).toBeUndefined()
  expect(dead.state.closed).toBe(4007)
})

test('kick ends every connection of a user for good, and the tickets too', async () => {
  const { core, connect, poll } = startCore({ authenticate: ({ token }) => ({ id: token }) })
  const socket = connect()
  const [welcome] = await socket.hello('ann', { t: 'ann' })
  const other = connect()
  await other.hello('bob', { t: 'bob' })
  core.kick({ user: 'ann' })
  expect(socket.of('b')).toEqual([['b', 4506, 'kicked', null]])
  expect(other.state.closed).toBeUndefined()
  const k = ticketOf([welcome ?? []])
  expect(bye(await poll([hello('ann', 0, { k })]).frames())).toEqual([4012])
})

test('a client that is kicked between two polls hears of it at the next ones', async () => {
  const { core, poll, skip } = startCore({ authenticate: ({ token }) => ({ id: token }) })
  const k = ticketOf(await poll([hello('ann', 0, { t: 'ann' })]).frames())
  core.kick({ user: 'ann' })
  expect(await poll([hello('ann', 20_000, { k })]).frames()).toEqual([['b', 4506, 'kicked', null]])
  expect(bye(await poll([hello('ann', 0, { t: 'ann' })]).frames())).toEqual([4506])
  skip(5_000)
  expect(bye(await poll([hello('ann', 20_000, { k })]).frames())).toEqual([4012])
  expect(only(await poll([hello('ann', 0, { t: 'ann' })]).frames(), 'w')).toHaveLength(1)
})

test('close tells every client when to come back, spread over the window, and newcomers too', async () => {
  const { core, connect, poll } = startCore()
  const sockets = Array.from({ length: 10 }, () => connect())
  for (const [i, socket] of sockets.entries()) await socket.hello(`client${i}`)
  const held = poll([hello('poller', 20_000), ['s', 'room:1', null]])
  await turn()
  await core.close({ drain: 10_000 })
  const times = sockets.map((socket) => socket.of('b')[0]?.[3] as number)
  expect(times.every((ms, i) => ms > (times[i - 1] ?? 0) && ms < 10_000)).toBe(true)
  expect(bye(await held.frames())).toEqual([4001])
  expect(bye(await connect().hello('late'))).toEqual([4001])
  expect(bye(await poll([hello('late', 0)]).frames())).toEqual([4001])
})

test('close lets sends that are under way settle first', async () => {
  let admit = (_: boolean) => {}
  const publish = () =>
    new Promise<boolean>((resolve) => {
      admit = resolve
    })
  const { core, connect, pass } = startCore({ channels: { 'room:{id}': { publish } } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 1])
  const closed = core.close()
  await pass(100)
  expect(socket.state.closed).toBeUndefined()
  admit(true)
  await pass(100)
  await closed
  expect(socket.of('k')).toEqual([['k', 1, 1]])
  expect(socket.state.closed).toBe(4001)
})

test('more connections than allowed are sent away for a while', async () => {
  const { connect } = startCore({ limits: { connections: 1 } })
  const first = connect()
  await first.hello('ann')
  const second = connect()
  await second.hello('bob')
  expect(brief(second.of('b'), 2)).toEqual([['b', 4002]])
  second.handlers.closed()
  expect(first.state.closed).toBeUndefined()
})

test('errors of presence hooks stay with the server', async () => {
  const { connect } = startCore({
    onConnect() {
      throw new Error('hook')
    },
  })
  const [welcome] = await connect().say(['h', { v: 1, s: secretOf('ann'), g: 1 }])
  expect(welcome?.[0]).toBe('w')
})

test('in a crowd, a session without outcomes to remember is forgotten with its client', async () => {
  const { core, connect, pass } = startCore({ limits: { sessions: 2 } })
  const [ann, bob] = [connect(), connect()]
  await ann.hello('ann', {}, ['p', 1, 'room:1', 'm', 1])
  await bob.hello('bob', {}, ['q', 1, 'room:1', 'echo', 1])
  ann.handlers.closed()
  bob.handlers.closed()
  await pass(10_000)
  expect(core.stats().sessions).toBe(1)
  const again = await connect().hello('ann', { g: 2 }, ['p', 1, 'room:1', 'm', 1, { a: 9_000 }])
  expect(again.at(-1)).toEqual(['k', 1, 1])
  await pass(120_000)
  expect(core.stats().sessions).toBe(0)
})

test('of clients that are away only so many are remembered, those gone for longest least, and what they asked is unknown', async () => {
  const { core, poll, connect } = startCore({ limits: { sessions: 10 } })
  const socket = connect()
  await socket.hello('here')
  await poll([hello('ann', 0), ['q', 1, 'room:1', 'echo', 'once']]).frames()
  for (let i = 0; i < 100; i++) await poll([hello(`eve${i}`, 0)]).frames()
  expect(core.stats().sessions).toBe(11)
  expect(socket.state.closed).toBeUndefined()
  const again = await poll([hello('ann', 0), ['q', 1, 'room:1', 'echo', 'once', { a: 1_000 }]]).frames()
  expect(brief(only(again, 'n'))).toEqual([['n', 1, 'unknown']])
})
