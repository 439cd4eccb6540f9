import { expect, test } from 'vitest'
import { brief, connect, hello, only, poll, secretOf, startCore, turn } from './support'

const deep = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) as unknown
const header = (text: string) => new Uint8Array(new TextEncoder().encode(text))

test.each([
  ['no JSON', 'hello'],
  ['half of a frame', '["h",{"v":1'],
  ['nothing', ''],
  ['only line feeds', '\n\n\n'],
  ['an object', '{}'],
  ['a number', '1'],
  ['null', 'null'],
  ['an empty array', '[]'],
  ['an opcode that is no text', '[null]'],
  ['an opcode that is too long', '["hello",{"v":1}]'],
  ['another frame than a hello', '["i"]'],
  ['a hello without a secret', '["h",{"v":1,"g":1}]'],
  ['a short secret', '["h",{"v":1,"s":"1","g":1}]'],
  ['a generation of -0', `["h",{"v":1,"s":"${secretOf('x')}","g":-0}]`],
  ['one line feed after another', '\n'.repeat(50_000)],
  ['bytes', header('["h",{"v":1}]')],
])('a first message that is %s ends the connection as a bad frame, on both transports', async (_, message) => {
  const { core } = startCore()
  const socket = connect(core)
  await socket.raw(message)
  expect(socket.state.closed).toBe(4400)
  if (typeof message !== 'string') return
  const { request } = await import('./support')
  const { status, body } = await core.exchange(request, message, new AbortController().signal)
  expect([status, JSON.parse(body).slice(0, 2)]).toEqual([200, ['b', 4400]])
})

test.each([
  ['a second hello', ['h', { v: 1, s: secretOf('ann'), g: 2 }]],
  ['a number that is no number', ['p', '17', 'room:1', 'm', 1]],
  ['a broken number', ['p', 1.5, 'room:1', 'm', 1]],
  ['a number below one', ['q', 0, 'room:1', 'echo', 1]],
  ['a number that is not safe', ['p', 2 ** 53, 'room:1', 'm', 1]],
  ['no number', ['z']],
  ['options that are no object', ['p', 1, 'room:1', 'm', 1, []]],
  ['an age below zero', ['p', 1, 'room:1', 'm', 1, { a: -1 }]],
  ['a cursor that is no cursor', ['s', 'room:1', 'x']],
  ['an offset that is text', ['s', 'room:1', ['e', '5']]],
  ['an offset below zero', ['s', 'room:1', ['e', -1]]],
  ['a rewind that is no number', ['s', 'room:1', null, { r: 'all' }]],
  ['a token that is no text', ['a', {}]],
])('%s ends the connection as a bad frame', async (_, frame) => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann')
  await socket.say(frame)
  expect(socket.state.closed).toBe(4400)
})

test.each(['room:*', 'room:{id}', 'a b', 'a\r\nb', '\u0000', '\ud800', 'rооm:1', '', 'x'.repeat(129)])(
  'the name %j is refused without ending the connection',
  async (name) => {
    const { connect } = startCore()
    const socket = connect()
    await socket.hello('ann', {}, ['p', 1, name, 'm', 1], ['p', 2, 'room:1', name, 1], ['q', 3, name, 'echo', 1])
    await socket.say(['s', name, null])
    expect(brief(socket.of('n')).map((frame) => frame[2])).toEqual(['invalid', 'invalid', 'invalid'])
    expect(socket.of('d').map((frame) => frame[2])).toEqual(['invalid'])
    expect(socket.state.closed).toBeUndefined()
  },
)

test('a bad frame right behind a hello ends the connection and nothing else', async () => {
  const { core, connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['p', 0, 'room:1', 'm', 1])
  expect(socket.state.closed).toBe(4400)
  expect(brief(await poll(core, [hello('bob', 0), ['p', 0, 'room:1', 'm', 1]]).frames(), 2)).toEqual([['b', 4400]])
  expect(core.stats().connections).toEqual({ websocket: 0, polling: 0 })
})

test('a bad frame that came while authenticate was thinking ends the connection and nothing else', async () => {
  let admit = (_: object) => {}
  const { connect } = startCore({
    authenticate: () =>
      new Promise((resolve) => {
        admit = resolve
      }),
  })
  const socket = connect()
  await socket.hello('ann')
  await socket.say(['p', 0, 'room:1', 'm', 1])
  admit({ id: 'ann' })
  await turn()
  await turn()
  expect(socket.state.closed).toBe(4400)
})

test('frames nobody knows are counted, and ten are enough', async () => {
  const { core, connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ...Array.from({ length: 9 }, () => ['~', 1]))
  expect(socket.state.closed).toBeUndefined()
  await socket.say(['w'])
  expect(socket.state.closed).toBe(4400)
  expect(core.stats().refusals.unknown_frame).toBe(10)
})

test('what is nested too deep is refused before anything walks through it', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello(
    'ann',
    {},
    ['p', 1, 'room:1', 'm', deep],
    ['q', 2, 'room:1', 'echo', deep],
    ['e', 'room:1', 'm', deep],
  )
  expect(
    socket
      .of('n')
      .map((frame) => frame.slice(1, 3))
      .sort(),
  ).toEqual([
    [1, 'invalid'],
    [2, 'invalid'],
  ])
})

test('what is too big is refused by itself, the rest of the message counts', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann')
  await socket.say(['p', 1, 'room:1', 'm', 'x'.repeat(70_000)], ['p', 2, 'room:1', 'm', 'y'])
  expect(brief(socket.of('n'))).toEqual([['n', 1, 'too_big']])
  expect(socket.of('k')).toEqual([['k', 2, 1]])
})

test('too many frames in one message end the connection', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann')
  await socket.say(...Array.from({ length: 257 }, () => ['i']))
  expect(socket.state.closed).toBe(4400)
})

test('more frames per second than anyone needs end the connection for good', async () => {
  const { connect } = startCore({ limits: { framesPerSecond: 10, frameBurst: 100 } })
  const socket = connect()
  await socket.hello('ann')
  await socket.say(...Array.from({ length: 101 }, () => ['o']))
  expect(brief(socket.of('b'), 4)).toMatchObject([['b', 4510, expect.any(String), null]])
})

test.each([
  ['no line feed', '["p",1,"room:1","m",0,{"b":1}]'],
  ['no JSON before it', '{{{\nabc'],
  ['no flag', '["p",1,"room:1","m",0]\nabc'],
  ['no place for bytes', '["i",{"b":1}]\nabc'],
  ['nothing', ''],
])('a message of bytes with %s ends the connection', async (_, text) => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann')
  await socket.raw(header(text))
  expect(socket.state.closed).toBe(4400)
})

test('keys that change an object when merged stay plain keys', async () => {
  const { connect } = startCore({ channels: { 'room:{id}': { publish: ({ data }) => data } } })
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null])
  await socket.raw('["p",1,"room:1","m",{"__proto__":{"admin":true},"constructor":1},{"__proto__":{"a":1}}]')
  expect(socket.messages.at(-1)).toContain('{"__proto__":{"admin":true},"constructor":1}')
  expect(({} as { admin?: boolean }).admin).toBeUndefined()
})

test('a client cannot say who it is in an event', async () => {
  const { connect } = startCore()
  const socket = connect()
  await socket.hello('ann', {}, ['s', 'room:1', null], ['p', 1, 'room:1', 'm', 1, { f: 'eve:1' }])
  expect(JSON.stringify(socket.of('m'))).not.toContain('eve')
})

test('one who knows a public id can do nothing with it', async () => {
  const { connect } = startCore()
  const [welcome] = await connect().hello('ann', {}, ['p', 1, 'room:1', 'm', 'mine'])
  const { id } = (welcome ?? [])[1] as { id: string }
  const eve = connect()
  await eve.say(['h', { v: 1, s: id, g: 9 }], ['p', 1, 'room:1', 'm', 'eve'])
  expect(eve.of('k')).toEqual([['k', 1, 2]])
})

test('errors say nothing of the token, the ticket or the secret', async () => {
  const { core } = startCore({
    authenticate: () => {
      throw new Error('canary-token')
    },
  })
  const canary = secretOf('canary-secret')
  const frames = await poll(core, [
    ['h', { v: 1, s: canary, g: 1, t: 'canary-token', k: 'canary-ticket', w: 0 }],
  ]).frames()
  expect(JSON.stringify([frames, core.stats()])).not.toContain('canary')
})

test('a secret that never said hello with success leaves no session behind', async () => {
  const { core } = startCore({ authenticate: () => Promise.reject(new Error('no')) })
  for (let i = 0; i < 20; i++) await poll(core, [hello(`eve${i}`, 0)]).frames()
  expect(core.stats().sessions).toBe(0)
  expect(only(await poll(core, [hello('eve', 0)]).frames(), 'b')).toHaveLength(1)
})
