import { expect, test } from 'vitest'
import { EverwireError } from '../../../src/shared/errors'
import { brief, hello, only, startCore, ticketOf, turn } from './support'

test('a publish is acknowledged with its offset, and its sender sees it too', async () => {
  const { connect } = startCore()
  const socket = connect()
  const frames = await socket.hello('ann', {}, ['s', 'room:1', null], ['p', 1, 'room:1', 'message', { text: 'hi' }])
  expect(only(frames, 'k')).toEqual([['k', 1, 1]])
  const [event] = only(frames, 'm')
  expect(event?.slice(0, 5)).toEqual(['m', 'room:1', 1, 'message', { text: 'hi' }])
})

test('the welcome comes first, whatever else there is to say', async () => {
  const { connect } = startCore()
  const frames = await connect().hello('ann', {}, ['p', 1, 'room:1', 'message', 1], ['i'])
  expect(frames[0]?.[0]).toBe('w')
})

test('a resend gets its recorded offset, on any connection, and is not published again', async () => {
  const { connect, poll } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'message', 'one'])
  const [again] = only(await connect().hello('ann', { g: 2 }, ['p', 1, 'room:1', 'message', 'one', { a: 10 }]), 'k')
  expect(again).toEqual(['k', 1, 1])
  const answer = await poll([hello('ann', 0), ['p', 1, 'room:1', 'message', 'one', { a: 20 }]]).frames()
  expect(only(answer, 'k')).toEqual([['k', 1, 1]])
})

test('the same number with another payload gets the first outcome', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null], ['p', 1, 'room:1', 'message', 'one'])
  expect(await socket.say(['p', 1, 'room:1', 'message', 'two'])).toEqual([['k', 1, 1]])
})

test('a refusal is remembered: a resend of what was refused stays refused, and the hook is not asked again', async () => {
  let asked = 0
  const publish = () => {
    asked++
    return asked > 1
  }
  const { connect } = startCore({ channels: { 'room:{id}': { publish } } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'message', 1])
  const frames = await socket.say(['p', 1, 'room:1', 'message', 1, { a: 5 }])
  expect(frames).toEqual([['n', 1, 'forbidden', '', null]])
  expect(asked).toBe(1)
})

test('without a record, a number below the highest accepted one is refused', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['p', 5, 'room:1', 'message', 'five'])
  expect(brief(await socket.say(['p', 4, 'room:1', 'message', 'four']))).toEqual([['n', 4, 'stale']])
})

test('a resend older than the records settles as unknown and is never appended', async () => {
  const { connect } = startCore()
  const socket = connect()
  const frames = await socket.hello('ann', {}, ['s', 'room:1', null], ['p', 1, 'room:1', 'message', 1, { a: 60_000 }])
  expect(brief(only(frames, 'n'))).toEqual([['n', 1, 'unknown']])
  expect(only(frames, 'm')).toEqual([])
})

test('after a retryable refusal later publishes are ignored until that one comes again', async () => {
  let broken = true
  const publish = ({ data }: { data: unknown }) => {
    if (broken && data === 'two') throw new EverwireError('busy', 'in a moment', { retryMs: 500 })
    return true
  }
  const { connect } = startCore({ channels: { 'room:{id}': { publish } } })
  const socket = connect()
  const frames = await socket.hello(
    'ann',
    {},
    ['s', 'room:1', null],
    ['p', 1, 'room:1', 'm', 'one'],
    ['p', 2, 'room:1', 'm', 'two'],
    ['p', 3, 'room:1', 'm', 'three'],
  )
  expect(only(frames, 'n')).toEqual([['n', 2, 'busy', 'in a moment', 500]])
  expect(only(frames, 'k')).toEqual([['k', 1, 1]])
  broken = false
  expect(await socket.say(['p', 4, 'room:1', 'm', 'four'])).toEqual([])
  await socket.say(
    ['p', 2, 'room:1', 'm', 'two', { a: 1 }],
    ['p', 3, 'room:1', 'm', 'three', { a: 1 }],
    ['p', 4, 'room:1', 'm', 'four'],
  )
  expect(socket.of('m').map((frame) => frame[4])).toEqual(['one', 'two', 'three', 'four'])
})

test('a refused publish that was given up lets the later ones pass', async () => {
  const publish = ({ data }: { data: unknown }) => {
    if (data === 'two') throw new EverwireError('busy', '', { retryMs: 500 })
    return true
  }
  const { connect } = startCore({ channels: { 'room:{id}': { publish } } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 2, 'room:1', 'm', 'two'], ['p', 3, 'room:1', 'm', 'three'])
  expect(socket.of('k')).toEqual([])
  expect(await socket.say(['z', 2], ['p', 3, 'room:1', 'm', 'three', { a: 1 }])).toEqual([['k', 3, 1]])
})

test('publishes of one session pass the hook one at a time and in order, whichever connection they came on', async () => {
  const waiting: (() => void)[] = []
  const begun: unknown[] = []
  const publish = ({ data }: { data: unknown }) => {
    begun.push(data)
    return new Promise<boolean>((resolve) => waiting.push(() => resolve(true)))
  }
  const { connect, poll } = startCore({ channels: { 'room:{id}': { publish } } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 'one'])
  const exchange = poll([hello('ann', 0), ['p', 2, 'room:1', 'm', 'two']])
  await turn()
  expect(begun).toEqual(['one'])
  waiting[0]?.()
  await turn()
  expect(begun).toEqual(['one', 'two'])
  waiting[1]?.()
  expect(only(await exchange.frames(), 'k')).toEqual([['k', 2, 2]])
})

test('a hook decides what is published', async () => {
  const results = new Map<unknown, unknown>([
    ['same', true],
    ['no', false],
    ['nothing', undefined],
    ['null', null],
    ['other', { text: 'changed' }],
    ['zero', 0],
    ['boolean', { payload: false }],
  ])
  const publish = ({ data }: { data: unknown }) => results.get(data)
  const { connect } = startCore({ channels: { 'room:{id}': { publish } } })
  const socket = connect()
  await socket.hello(
    'ann',
    {},
    ['s', 'room:1', null],
    ...[...results.keys()].map((key, i) => ['p', i + 1, 'room:1', 'm', key]),
  )
  expect(socket.of('m').map((frame) => frame[4])).toEqual(['same', { text: 'changed' }, 0, false])
  expect(socket.of('n').map((frame) => frame[1])).toEqual([2, 3, 4])
})

test('a hook that throws refuses, and tells nothing of itself', async () => {
  const publish = () => {
    throw new Error('the password is swordfish')
  }
  const { connect } = startCore({ channels: { 'room:{id}': { publish } } })
  const frames = await connect().hello('ann', {}, ['p', 1, 'room:1', 'm', 1])
  expect(only(frames, 'n')).toEqual([['n', 1, 'refused', '', null]])
})

test('a hook that never answers makes the client try again later', async () => {
  const { connect, pass } = startCore({ channels: { 'room:{id}': { publish: () => new Promise(() => {}) } } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 1])
  await pass(5_001)
  expect(socket.of('n').map(([op, n, code, , retryMs]) => [op, n, code, retryMs])).toEqual([['n', 1, 'timeout', 1_000]])
})

test('too many sends at once are refused for now, in order', async () => {
  const { connect, pass } = startCore({ limits: { sendBurst: 2, sendsPerSecond: 10 } })
  const socket = connect()
  await socket.hello('ann', {}, ...[1, 2, 3, 4].map((n) => ['p', n, 'room:1', 'm', n]))
  expect(socket.of('k')).toEqual([['k', 1, 1, 2, 2]])
  expect(socket.of('n').map(([op, n, code, , retryMs]) => [op, n, code, retryMs])).toEqual([['n', 3, 'rate', 100]])
  await pass(100)
  expect(await socket.say(['p', 3, 'room:1', 'm', 3, { a: 100 }])).toEqual([['k', 3, 3]])
})

test('resends do not count against the rate', async () => {
  const { connect } = startCore({ limits: { sendBurst: 1, sendsPerSecond: 0.001 } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 1])
  for (let i = 0; i < 5; i++) expect(await socket.say(['p', 1, 'room:1', 'm', 1, { a: 1 }])).toEqual([['k', 1, 1]])
})

test('who does not want its own event gets the cursor moved instead, others get the event', async () => {
  const { connect } = startCore()
  const ann = connect()
  const bob = connect()
  await bob.hello('bob', {}, ['s', 'room:1', null])
  await ann.hello('ann', {}, ['s', 'room:1', null], ['p', 1, 'room:1', 'm', 'x', { e: 0 }])
  expect(ann.of('m')).toEqual([])
  expect(ann.of('v')).toEqual([['v', 'room:1', 1]])
  expect(bob.of('m').map((frame) => frame[4])).toEqual(['x'])
})

test('a volatile event reaches those who listen now, at offset 0, and leaves no trace', async () => {
  const { connect, core } = startCore()
  const bob = connect()
  await bob.hello('bob', {}, ['s', 'room:1', null])
  await connect().hello('ann', {}, ['e', 'room:1', 'typing', true])
  expect(brief(bob.of('m'), 5)).toEqual([['m', 'room:1', 0, 'typing', true]])
  expect(core.stats().broker.events).toBe(0)
})

test('a request runs once, and its reply goes to every connection that asks', async () => {
  let runs = 0
  let finish = (_value: string) => {}
  const slow = () => {
    runs++
    return new Promise<string>((resolve) => {
      finish = resolve
    })
  }
  const { connect, poll } = startCore({ channels: { 'room:{id}': { requests: { slow } } } })
  const socket = connect()
  const [welcome] = await socket.hello('ann', {}, ['q', 1, 'room:1', 'slow', null])
  const held = poll([
    hello('ann', 20_000, { k: ticketOf([welcome ?? []]) }),
    ['q', 1, 'room:1', 'slow', null, { a: 10 }],
  ])
  await turn()
  finish('done')
  expect(await held.frames()).toEqual([['r', 1, 'done']])
  await turn()
  expect(socket.of('r')).toEqual([['r', 1, 'done']])
  expect(await socket.say(['q', 1, 'room:1', 'slow', null, { a: 400 }])).toEqual([['r', 1, 'done']])
  expect(runs).toBe(1)
})

test('a request tried before the records begin is unknown, unless its handler says that twice does no harm', async () => {
  const handler = () => 'ran'
  const { connect } = startCore({
    channels: { 'room:{id}': { requests: { once: handler, again: { handler, idempotent: true } } } },
  })
  const socket = connect()
  const age = { a: 60_000 }
  await socket.hello('ann', {}, ['q', 1, 'room:1', 'once', null, age], ['q', 2, 'room:1', 'again', null, age])
  expect(brief(socket.of('n'))).toEqual([['n', 1, 'unknown']])
  expect(socket.of('r')).toEqual([['r', 2, 'ran']])
})

test('what a client has tried with another process of the server is unknown here, however young; what was first tried here is not', async () => {
  const { connect } = startCore({
    channels: { 'room:{id}': { publish: () => true, requests: { once: () => 'ran' } } },
  })
  const age = { a: 1 }
  const from = async (name: string, i?: string) => {
    const socket = connect()
    await socket.hello(
      name,
      { ...(i && { i }) },
      ['p', 1, `room:${name}`, 'x', 1, age],
      ['q', 2, 'room:1', 'once', 0, age],
    )
    return socket
  }
  const stranger = await from('ann', 'another')
  expect(brief(stranger.of('n')).sort()).toEqual([
    ['n', 1, 'unknown'],
    ['n', 2, 'unknown'],
  ])
  // 3 is new, and so 4 was first tried after it
  await stranger.say(['p', 3, 'room:1', 'x', 3], ['p', 4, 'room:1', 'x', 4, age])
  expect(stranger.of('k').flatMap(([, ...pairs]) => pairs)).toEqual([3, 1, 4, 2])
  const [[, { i: instance }]] = stranger.of('w') as [[string, { i: string }]]
  for (const friend of [await from('bob'), await from('cid', instance)]) {
    expect(friend.of('k')).toEqual([['k', 1, 1]])
    expect(friend.of('r')).toEqual([['r', 2, 'ran']])
  }
})

test('a request that was refused does not run when a copy of it comes late', async () => {
  let runs = 0
  const { connect, pass } = startCore({
    channels: { 'room:{id}': { requests: { count: () => ++runs } } },
    limits: { sendBurst: 1, sendsPerSecond: 10 },
  })
  const socket = connect()
  await socket.hello('ann', {}, ['q', 1, 'room:1', 'count', null], ['q', 2, 'room:1', 'count', null])
  expect(brief(socket.of('n'))).toEqual([['n', 2, 'rate']])
  await pass(1_000)
  expect(brief(await socket.say(['q', 2, 'room:1', 'count', null, { a: 1_000 }]))).toEqual([['n', 2, 'rate']])
  expect(runs).toBe(1)
})

test('an age counts from when the message came, however long authenticate took after that', async () => {
  let admit = (_: object) => {}
  const { connect, pass } = startCore({
    authenticate: () =>
      new Promise((resolve) => {
        admit = resolve
      }),
  })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 1, { a: 11_000 }], ['q', 2, 'room:1', 'echo', 1, { a: 11_000 }])
  await pass(4_000)
  admit({ id: 'ann' })
  await turn()
  await turn()
  expect(
    brief(socket.of('n'))
      .map((frame) => frame[2])
      .sort(),
  ).toEqual(['unknown', 'unknown'])
})

test('a resend that nobody can know about is unknown before the hook can refuse it', async () => {
  const { connect } = startCore({ channels: { 'room:{id}': { publish: () => false } } })
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 1, { a: 60_000 }])
  expect(brief(socket.of('n'))).toEqual([['n', 1, 'unknown']])
})

test('a send that nobody can know about stays unknown, whatever its age looks like later', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['p', 1, 'room:1', 'm', 1, { a: 60_000 }], ['p', 2, 'room:1', 'm', 2])
  expect(brief(await socket.say(['p', 1, 'room:1', 'm', 1, { a: 5 }]))).toEqual([['n', 1, 'unknown']])
})

test('a handler that throws is an error for the operator and says nothing to the client', async () => {
  const { connect, errors } = startCore({
    channels: {
      'room:{id}': {
        requests: {
          fail: () => Promise.reject(new Error('swordfish')),
          coded: () => Promise.reject(new EverwireError('full', 'no seats')),
        },
      },
    },
  })
  const socket = connect()
  await socket.hello('ann', {}, ['q', 1, 'room:1', 'fail', null], ['q', 2, 'room:1', 'coded', null])
  expect(socket.of('n')).toEqual([
    ['n', 1, 'failed', '', null],
    ['n', 2, 'full', 'no seats', null],
  ])
  expect(errors).toHaveLength(1)
})

test('requests named like what every object has are not there', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann')
  for (const [i, name] of ['constructor', '__proto__', 'toString'].entries()) {
    expect(brief(await socket.say(['q', i + 1, 'room:1', name, null]))).toEqual([['n', i + 1, 'unknown_request']])
  }
})

test('bytes come out as bytes', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null])
  const header = new TextEncoder().encode('["p",1,"room:1","pixels",0,{"b":1}]\n')
  await socket.raw(new Uint8Array([...header, 1, 2, 255]))
  const binary = socket.messages.find((message) => typeof message !== 'string') as Uint8Array
  expect(binary.at(-1)).toBe(255)
  expect(new TextDecoder().decode(binary.subarray(0, binary.indexOf(10)))).toMatch(
    /^\["m","room:1",1,"pixels",0,\{.*"b":1\}\]$/,
  )
})

test('the server publishes with an idempotency key once', async () => {
  const { core } = startCore()
  const first = await core.publish('room:1', 'm', 1, { idempotencyKey: 'order-1' })
  expect(await core.publish('room:1', 'm', 1, { idempotencyKey: 'order-1' })).toEqual(first)
  expect(await core.publish('room:1', 'm', 1, { idempotencyKey: 'order-2' })).toEqual({ offset: 2 })
})

test('what is too big or no JSON is refused where it is published', async () => {
  const { core } = startCore()
  await expect(core.publish('room:1', 'm', 'x'.repeat(70_000))).rejects.toMatchObject({
    code: 'too_big',
    outcome: 'rejected',
  })
  await expect(core.publish('room:1', 'm', 1n)).rejects.toMatchObject({ code: 'invalid' })
  await expect(core.publish('nowhere', 'm', 1)).rejects.toMatchObject({ code: 'invalid' })
})
