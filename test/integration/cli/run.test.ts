import { expect, test } from 'vitest'
import { startServer } from '../../support/server'
import { startPlainServer } from '../socket/servers'
import { start } from './start'

test('publish writes the place in the log, and listen finds it there', async () => {
  const { url } = await startServer()
  const published = start(['publish', url, 'room:42', 'message', '{"text":"hi"}'])
  expect(await published.code).toBe(0)
  expect(published.out.all).toEqual(['{"offset":1}'])

  const listening = start(['listen', url, 'room:42', 'message', '--rewind', '5', '--count', '1'])
  expect(await listening.code).toBe(0)
  expect(JSON.parse(listening.out.all[0] ?? '')).toMatchObject({ event: 'message', data: { text: 'hi' }, offset: 1 })
  expect(listening.err.all).toContain('connecting')
})

test.each(['websocket', 'polling'])(
  'listens by %s alone, to several events, readably in a terminal',
  async (transport) => {
    const { url, realtime } = await startServer()
    const { code, out, err } = start(
      ['listen', url, 'room:1', 'message', 'n', '--transport', transport, '--rewind', '2', '--count', '2'],
      true,
    )
    await realtime.publish('room:1', 'message', { text: 'a' })
    await realtime.publish('room:1', 'n', 7)
    expect(await code).toBe(0)
    expect(out.all).toEqual(['message {"text":"a"}', 'n 7'])
    expect(err.all).toContain(`connected by ${transport}`)
  },
)

test('bytes are base64', async () => {
  const { url, realtime } = await startServer()
  const { code, out } = start(['listen', url, 'room:1', 'pixels', '--rewind', '1', '--count', '1'])
  await realtime.publish('room:1', 'pixels', new Uint8Array([1, 2, 3]))
  await code
  expect(JSON.parse(out.all[0] ?? '')).toMatchObject({ data: { base64: 'AQID' } })
})

test('what the server refuses ends with 1 and says why', async () => {
  const { url } = await startServer()
  const listening = start(['listen', url, 'secret:1', 'message'])
  expect(await listening.code).toBe(1)
  expect(listening.err.all.at(-1)).toMatch(/closed|forbidden/)
  expect(listening.err.all.join()).toContain('forbidden')
  const published = start(['publish', url, 'secret:1', 'message', '"x"'])
  expect(await published.code).toBe(1)
  expect(published.err.all.join()).toContain('forbidden')
})

test('a publish that was tried and that nobody confirms in time ends with 3', async () => {
  const { url } = await startServer({ channels: { 'room:{id}': { publish: () => new Promise(() => {}) } } })
  expect(await start(['publish', url, 'room:1', 'n', '1', '--timeout', '300']).code).toBe(3)
})

test('a publish that finds no server never happened, and ends with 1', async () => {
  const { url, stop } = await startServer()
  await stop()
  expect(await start(['publish', url, 'room:1', 'n', '1', '--timeout', '50']).code).toBe(1)
})

test('an interrupted listen ends with 0', async () => {
  const { url } = await startServer()
  const { code, err, interrupt } = start(['listen', url, 'room:1', 'message'])
  await err.take(2)
  interrupt()
  expect(await code).toBe(0)
})

test('listens to any WebSocket server, over a drop', async () => {
  const { url, proxy } = await startPlainServer((server) =>
    server.on('connection', (socket) => {
      socket.send('text')
      socket.send(new Uint8Array([1, 2, 3]))
    }),
  )
  const { code, out, err } = start(['listen', '--plain', url, '--count', '4'])
  await out.take(2)
  proxy.resetAll()
  expect(await code).toBe(0)
  expect(out.all).toEqual([
    '{"data":"text"}',
    '{"data":{"base64":"AQID"}}',
    '{"data":"text"}',
    '{"data":{"base64":"AQID"}}',
  ])
  expect(err.all.slice(0, 3)).toEqual(['connected', 'closed 1006', 'connected'])
})

test('a plain server that ends it for good ends it with 1', async () => {
  const { url } = await startPlainServer((server) => server.on('connection', (socket) => socket.close(1008, 'no')))
  const { code, err } = start(['listen', '--plain', url])
  expect(await code).toBe(1)
  expect(err.all).toEqual(['connected', 'closed 1008 no'])
})

test.each([
  [[]],
  [['listen']],
  [['listen', 'http://127.0.0.1/', 'room:1']],
  [['listen', '--plain', 'http://127.0.0.1/', 'room:1']],
  [['publish', 'http://127.0.0.1/', 'room:1', 'n']],
  [['publish', 'http://127.0.0.1/', 'room:1', 'n', '{']],
  [['publish', 'http://127.0.0.1/', 'room:1', 'n', '1', 'more']],
  [['listen', 'http://127.0.0.1/', 'room:1', 'n', '--count', 'many']],
  [['listen', 'http://127.0.0.1/', 'room:1', 'n', '--transport', 'pigeon']],
  [['listen', 'http://127.0.0.1/', 'room:1', 'n', '--nonsense']],
  [['listen', 'http://127.0.0.1/', 'room:1', 'n', '--since', 'k3Jd9a:1042', '--rewind', '1']],
  [['listen', '--plain', 'http://127.0.0.1/', '--since', 'k3Jd9a:1042']],
  [['listen', 'nowhere', 'room:1', 'n']],
])('wrong usage ends with 2: %j', async (args) => {
  const { code, out, err } = start(args)
  expect(await code).toBe(2)
  expect(out.all).toEqual([])
  expect(err.all.length).toBeGreaterThan(0)
})

test('--help is no mistake', async () => {
  const { code, out } = start(['--help'])
  expect(await code).toBe(0)
  expect(out.all.join()).toContain('everwire listen')
})
