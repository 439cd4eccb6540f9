// Over a real network, against a server that knows nothing of this library.
import type { IncomingMessage } from 'node:http'
import { ReconnectingWebSocket, type ReconnectingWebSocketOptions } from 'everwire/socket'
import { expect, onTestFinished, test } from 'vitest'
import type { WebSocket, WebSocketServer } from 'ws'
import { collect } from '../../support/client'
import { startPlainServer } from './servers'

const echo = (server: WebSocketServer) =>
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
  })

function open(url: string, options: ReconnectingWebSocketOptions = {}, protocols: string[] = []) {
  const socket = new ReconnectingWebSocket(url, protocols, options)
  const told = collect<string>()
  const data = collect<unknown>()
  socket.addEventListener('open', () => told.push('open'))
  socket.addEventListener('error', () => told.push('error'))
  socket.addEventListener('close', ({ code, reason, wasClean }) => told.push(`close ${code} ${reason} ${wasClean}`))
  socket.addEventListener('message', (event) => data.push(event.data))
  const ended = new Promise<void>((resolve) => {
    socket.addEventListener('close', () => socket.readyState === socket.CLOSED && resolve())
  })
  onTestFinished(() => {
    socket.close()
    return ended
  })
  return { socket, told, data, ended }
}

test('text and bytes of every kind come back as they were sent', async () => {
  const { url } = await startPlainServer(echo)
  const { socket, data } = open(url)
  socket.binaryType = 'arraybuffer'
  const bytes = new Uint8Array([1, 2, 3, 4])
  for (const one of ['text', '', 'é 🎈', bytes, bytes.buffer, new DataView(bytes.buffer, 1, 2), new Blob(['blob'])])
    socket.send(one)
  expect(await data.take(7)).toEqual([
    'text',
    '',
    'é 🎈',
    bytes.buffer,
    bytes.buffer,
    new Uint8Array([2, 3]).buffer,
    new TextEncoder().encode('blob').buffer,
  ])
})

test('bytes arrive as Blobs by default', async () => {
  const { url } = await startPlainServer(echo)
  const { socket, data } = open(url)
  socket.send(new Uint8Array([104, 105]))
  const [blob] = await data.take(1)
  expect(await (blob as Blob).text()).toBe('hi')
})

test('a message of 2 MB passes: what the client must never take is not forbidden here', async () => {
  const { url } = await startPlainServer(echo)
  const { socket, told, data } = open(url)
  await told.take(1)
  socket.send('x'.repeat(2_000_000))
  const [text] = await data.take(1)
  expect(text).toHaveLength(2_000_000)
  expect(socket.bufferedAmount).toBe(0)
})

test('the server chooses the protocol', async () => {
  const { url } = await startPlainServer(echo, { handleProtocols: () => 'v2' })
  const { socket, told } = open(url, {}, ['v1', 'v2'])
  await told.take(1)
  expect([socket.protocol, socket.extensions, socket.url]).toEqual(['v2', '', `${url}/`])
})

test('code and reason cross in both directions', async () => {
  const heard = collect<string>()
  const { url } = await startPlainServer((server) =>
    server.on('connection', (socket) => {
      socket.on('close', (code, reason) => heard.push(`${code} ${reason}`))
      socket.on('message', () => socket.close(4401, 'token expired'))
    }),
  )
  const { socket, told, ended } = open(url, { backoff: { base: 1 } })
  await told.take(1)
  socket.send('end it')
  expect(await told.take(3)).toEqual(['open', 'close 4401 token expired true', 'open'])
  socket.close(3007, 'done')
  await ended
  expect(told.all.at(-1)).toBe('close 3007 done true')
  // what a platform says back to a server's own goodbye is its business
  expect(await heard.take(2)).toEqual([expect.stringMatching(/^4401/), '3007 done'])
})

test('a server that does not want to understand is not dialled again', async () => {
  const { url } = await startPlainServer((server) => server.on('connection', (socket) => socket.close(1003, 'no text')))
  const { told, ended } = open(url)
  await ended
  expect(told.all).toEqual(['open', 'close 1003 no text true'])
})

test('what is sent while the network is away arrives when it is back, in order', async () => {
  const heard = collect<string>()
  const { url, proxy } = await startPlainServer((server) =>
    server.on('connection', (socket) => socket.on('message', (data) => heard.push(String(data)))),
  )
  const { socket, told } = open(url, { backoff: { cap: 20 } })
  socket.send('1')
  await heard.take(1)
  proxy.offline(true)
  // it broke, which not every platform calls an error, and at least one attempt failed
  const [opened, ...ends] = (await told.take(5)).filter((one) => one !== 'error')
  expect([opened, ...ends.slice(0, 2)]).toEqual(['open', 'close 1006  false', 'close 1006  false'])
  for (const data of ['2', '3', '4']) socket.send(data)
  proxy.offline(false)
  expect(await heard.take(4)).toEqual(['1', '2', '3', '4'])
})

test('a connection that died without a word is found and replaced by the heartbeat', async () => {
  const { url, proxy } = await startPlainServer((server) =>
    server.on('connection', (socket) => {
      socket.on('message', (data) => socket.send(String(data) === 'ping' ? 'pong' : data.toString()))
    }),
  )
  const { socket, told, data } = open(url, { heartbeat: { send: 'ping', expect: 'pong', interval: 20, timeout: 200 } })
  await told.take(1)
  proxy.silence()
  expect(await told.take(4)).toEqual(['open', 'error', 'close 1006  false', 'open'])
  socket.send('alive')
  expect(await data.take(1)).toEqual(['alive'])
})

test('an upgrade that hangs is given up', async () => {
  const { url, proxy } = await startPlainServer(echo)
  proxy.set({ upgrade: 'hang' })
  const { told } = open(url, { connectTimeout: 100 })
  await proxy.events.next('upgrade')
  proxy.set({ upgrade: 'pass' })
  expect(await told.take(3)).toEqual(['error', 'close 1006  false', 'open'])
})

test('a refused upgrade is tried again with a fresh ticket', async () => {
  let ticket = 0
  const { proxy } = await startPlainServer(echo, {
    verifyClient: ({ req }: { req: IncomingMessage }) => req.url === '/?ticket=3',
  })
  const url = proxy.url.replace('http', 'ws')
  const socket = new ReconnectingWebSocket(() => `${url}/?ticket=${++ticket}`, [], { backoff: { base: 1 } })
  onTestFinished(() => socket.close())
  await new Promise((resolve) => socket.addEventListener('open', resolve))
  expect(ticket).toBe(3)
})

test('messages() reads on over a drop', async () => {
  const connected = collect<WebSocket>()
  const { url, proxy } = await startPlainServer((server) => server.on('connection', connected.push))
  const { socket } = open(url)
  const messages = socket.messages()
  ;(await connected.take(1))[0]?.send('first')
  expect((await messages.next()).value).toBe('first')
  proxy.resetAll()
  ;(await connected.take(2))[1]?.send('second')
  expect((await messages.next()).value).toBe('second')
  await messages.return?.()
})
