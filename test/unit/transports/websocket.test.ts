import { expect, test } from 'vitest'
import type { Environment, WebSocketConstructor } from '../../../src/environment/environment'
import type { Message } from '../../../src/protocol/frames'
import { createWebSocketTransport } from '../../../src/transports/websocket'
import { turn } from '../../support/fake-clock'
import { createFakeEnvironment } from '../../support/fake-environment'
import { createFakeWebSocket } from '../../support/fake-websocket'
import { openLink } from '../../support/open-link'

function open(webSocket: Environment['webSocket'], url = 'https://example.com/rt', hello: Message[] = []) {
  const asked: (number | undefined)[] = []
  const transport = createWebSocketTransport(createFakeEnvironment({ webSocket }))
  const opened = openLink(transport, url, (holdMs) => {
    asked.push(holdMs)
    return hello
  })
  return { ...opened, asked }
}

async function connect(hello?: Message[]) {
  const { WebSocket, dials } = createFakeWebSocket()
  const opened = open(() => WebSocket, undefined, hello)
  const socket = await dials.next()
  socket.accept()
  return { ...opened, socket, link: await opened.opening }
}

test('the preamble is asked for once, as a stream, and sent before anything else', async () => {
  const { socket, link, asked } = await connect(['hello', new Uint8Array([1])])
  link.send('later')
  expect(socket.url).toBe('wss://example.com/rt')
  expect(asked).toEqual([undefined])
  expect(socket.sent).toEqual(['hello', new Uint8Array([1]), 'later'])
})

test('an empty message says nothing', async () => {
  const { socket, link } = await connect()
  for (const message of ['a', '', 'b']) link.send(message)
  expect(socket.sent).toEqual(['a', 'b'])
})

test('bytes arrive as bytes, text as text', async () => {
  const { socket, received } = await connect()
  await turn()
  socket.deliver(new Uint8Array([1, 2, 3]))
  socket.deliver('text')
  expect(received).toEqual([new Uint8Array([1, 2, 3]), 'text'])
})

test('the code and the reason of the other side are reported', async () => {
  const { socket, closed } = await connect()
  await turn()
  socket.close(4001, 'restart')
  expect(closed).toEqual([{ code: 4001, reason: 'restart' }])
})

test('close() closes in order, with 1000', async () => {
  const { socket, link } = await connect()
  link.close()
  expect(socket.closedWith).toBe(1000)
})

test('a WebSocket may take its time to be found', async () => {
  const { WebSocket, dials } = createFakeWebSocket()
  let found = (_: WebSocketConstructor) => {}
  const { opening } = open(() => new Promise((resolve) => (found = resolve)))
  await turn()
  found(WebSocket)
  const socket = await dials.next()
  socket.accept()
  await opening
})

test('close() while the WebSocket is looked for dials nothing', async () => {
  const { WebSocket, dials } = createFakeWebSocket()
  const { link } = open(async () => WebSocket)
  await Promise.resolve()
  link.close()
  await turn()
  expect(dials.all).toEqual([])
})

test('close() of a dial that never opens closes its socket', async () => {
  const { WebSocket, dials } = createFakeWebSocket()
  const { link, closed } = open(() => WebSocket)
  const socket = await dials.next()
  link.close()
  await turn() // an error that nobody listens to would be thrown in here
  expect(socket.over).toBe(true)
  expect(closed).toEqual([])
})

test.each<[string, Environment['webSocket']]>([
  ['a platform without WebSocket', () => undefined],
  ['a platform that fails to look for one', () => Promise.reject(new Error('no'))],
  [
    'a constructor that throws, as a content security policy makes it',
    () =>
      class {
        constructor() {
          throw new Error('SecurityError')
        }
      } as unknown as WebSocketConstructor,
  ],
])('%s is a failed dial', async (_, webSocket) => {
  await expect(open(webSocket).opening).rejects.toEqual({ code: 1006, reason: expect.any(String) })
})
