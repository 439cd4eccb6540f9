import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { createRealtime, type RealtimeOptions, type UntypedContract } from 'everwire/server'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import * as ws from 'ws'
import { WebSocket, WebSocketServer } from 'ws'
import { createFramer } from '../../../src/server/node/framer'
import { nodePlatform } from '../../../src/server/node/platform'
import { hello, secretOf, turn } from './support'

// exported by ws, unknown to its types
const { Sender } = ws as unknown as { Sender: { frame(data: Buffer, options: object): Buffer[] } }

type Options = RealtimeOptions<UntypedContract, unknown>

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function realtimeOf(options: Options = {}) {
  const realtime = createRealtime({ channels: { 'room:{id}': { publish: () => true } }, onError: () => {}, ...options })
  onTestFinished(() => realtime.close())
  return realtime
}

/** What the server says to these bytes, until it closes or the connection goes quiet behind `until`. */
function say(port: number, text: string, until?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    let heard = ''
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      if (until !== undefined && heard.includes(until)) resolve(heard)
    })
    socket.on('close', () => resolve(heard))
    socket.on('error', reject)
    socket.write(text)
  })
}

const upgrade = (path: string, more = '', protocol = 'websocket') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n` +
  `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`
const post = (body: string, more = '') =>
  `POST /realtime HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`
const quick = JSON.stringify(hello('ann', 0))

/** Resolves with the first message, or the status of the refusal. */
function dial(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    onTestFinished(() => socket.terminate())
    socket.on('open', () => socket.send(JSON.stringify(['h', { v: 1, s: secretOf('bob'), g: 1 }])))
    socket.on('message', (data) => resolve(String(data)))
    socket.on('unexpected-response', (_, { statusCode }) => resolve(String(statusCode)))
    socket.on('error', reject)
  })
}

test('attaching and letting go ten thousand times leaves nothing behind', async () => {
  const server = createServer((_, response) => response.end('app'))
  const { emit } = server
  const realtime = realtimeOf()
  for (let i = 0; i < 10_000; i++) realtime.attach(server, { path: '/realtime' })()
  expect(server.emit).toBe(emit)
  expect(server.listenerCount('upgrade')).toBe(0)
  const port = await listen(server)
  expect(await (await fetch(`http://127.0.0.1:${port}/realtime`)).text()).toBe('app')
  realtime.attach(server, { path: '/realtime' })
  expect(await dial(port, '/realtime')).toContain('["w"')
})

test('letting go twice does not take the path from the next one', async () => {
  const server = createServer()
  const detach = realtimeOf().attach(server, { path: '/realtime' })
  detach()
  realtimeOf().attach(server, { path: '/realtime' })
  detach()
  expect(await dial(await listen(server), '/realtime')).toContain('["w"')
})

test('a path is attached once', () => {
  const server = createServer()
  realtimeOf().attach(server, { path: '/realtime' })
  expect(() => realtimeOf().attach(server, { path: '/realtime' })).toThrow(/attached already/)
  expect(() => realtimeOf().attach(server, { path: 'realtime' })).toThrow(/slash/)
})

test('whoever wraps the server after us still hears everything, before and after we let go', async () => {
  const server = createServer((_, response) => response.end('app'))
  const detach = realtimeOf().attach(server, { path: '/realtime' })
  const seen: string[] = []
  const { emit } = server
  server.emit = (event: string, ...args: unknown[]) => {
    seen.push(event)
    return Reflect.apply(emit, server, [event, ...args]) as boolean
  }
  const port = await listen(server)
  detach()
  expect(await say(port, post(quick, 'Connection: close\r\n'))).toContain('app')
  realtimeOf().attach(server, { path: '/realtime' })
  expect(await dial(port, '/realtime')).toContain('["w"')
  expect(seen).toContain('request')
})

test('an app gets what asks for an upgrade elsewhere as a plain request, as without us', async () => {
  const app = express()
  app.get('/hello', (request, response) => {
    response.send(`express ${request.headers.upgrade}`)
  })
  const server = createServer(app)
  realtimeOf().attach(server, { path: '/realtime' })
  realtimeOf().attach(server, { path: '/other' })
  const port = await listen(server)
  expect(await say(port, upgrade('/hello', 'HTTP2-Settings: AA\r\n', 'h2c'))).toMatch(
    /^HTTP\/1.1 200 [\s\S]*express h2c$/,
  )
  expect(await say(port, upgrade('/nothing'))).toMatch(/^HTTP\/1.1 404 /)
})

test('without an app, an upgrade elsewhere is not found', async () => {
  const server = createServer()
  realtimeOf().attach(server, { path: '/realtime' })
  expect(await say(await listen(server), upgrade('/nothing'))).toMatch(/^HTTP\/1.1 404 /)
})

test.each(['before', 'after'])(
  'another WebSocket server on the same HTTP server, there %s us, keeps its upgrades',
  async (when) => {
    const server = createServer()
    const other = new WebSocketServer({ noServer: true })
    // as a development server does: it answers what it knows, and leaves the rest to others
    const hmr = () =>
      server.on('upgrade', (request, socket, head) => {
        if (request.headers['sec-websocket-protocol'] === 'vite-hmr')
          other.handleUpgrade(request, socket, head, (webSocket) => webSocket.send('hmr'))
      })
    if (when === 'before') hmr()
    realtimeOf().attach(server, { path: '/realtime' })
    if (when === 'after') hmr()
    const port = await listen(server)
    expect(await dial(port, '/realtime')).toContain('["w"')
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, 'vite-hmr')
    onTestFinished(() => socket.terminate())
    expect(await new Promise((resolve) => socket.on('message', (data) => resolve(String(data))))).toBe('hmr')
  },
)

test('close lets go of every server, can be called again, and leaves no connection in the books', async () => {
  const server = createServer((_, response) => response.end('app'))
  const realtime = realtimeOf({ authenticate: ({ token }) => (token === 'hang' ? new Promise(() => {}) : {}) })
  realtime.attach(server, { path: '/realtime' })
  const port = await listen(server)
  const socket = new WebSocket(`ws://127.0.0.1:${port}/realtime`)
  socket.on('open', () => socket.send(JSON.stringify(['h', { v: 1, s: secretOf('bob'), g: 1 }])))
  await new Promise((resolve) => socket.on('message', resolve))
  const hanging = say(port, post(JSON.stringify(hello('eve', 0, { t: 'hang' }))), '["b"')
  const silent = new WebSocket(`ws://127.0.0.1:${port}/realtime`)
  await new Promise((resolve) => silent.on('open', resolve))
  const held = say(
    port,
    post(`${JSON.stringify(hello('ann', 20_000))}\n["s","room:1",null]\n["u","room:1"]`),
    '["b",4001',
  )
  while (realtime.stats().connections.polling < 1) await turn()
  const ends = [socket, silent].map((each) => new Promise((resolve) => each.on('close', resolve)))
  await Promise.all([realtime.close(), realtime.close()])
  await realtime.close()
  expect(await Promise.all(ends)).toEqual([4001, 4001])
  expect(await hanging).toContain('["b",4001')
  await held
  expect(realtime.stats().connections).toEqual({ websocket: 0, polling: 0 })
  expect(realtime.stats().sessions).toBe(0)
  expect(await (await fetch(`http://127.0.0.1:${port}/realtime`)).text()).toBe('app')
})

test('A29: a body that comes too slowly is answered and cut off', async () => {
  const server = createServer()
  realtimeOf({ limits: { bodyMs: 50 } }).attach(server, { path: '/realtime' })
  const heard = await say(await listen(server), 'POST /realtime HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n["h"')
  expect(heard).toMatch(/^HTTP\/1.1 408 [\s\S]*Connection: close[\s\S]*\["b",4000/)
})

test('A31: an answer that nobody reads is cut off', async () => {
  const server = createServer()
  const realtime = realtimeOf({ limits: { answerMs: 100, answerBytes: 8_000_000, answerFrames: 1_000 } })
  realtime.attach(server, { path: '/realtime' })
  const port = await listen(server)
  for (let i = 0; i < 200; i++) await realtime.publish('room:1', 'm', 'x'.repeat(60_000), {})
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const closed = new Promise((resolve) => server.once('connection', (served) => served.on('close', resolve)))
  socket.pause()
  socket.write(post(`${quick}\n["s","room:1",null,{"r":200}]`))
  await closed
  expect(realtime.stats().connections.polling).toBe(0)
})

test('A32: polls that are aborted as soon as they are asked leave nothing behind', async () => {
  const server = createServer()
  const realtime = realtimeOf()
  realtime.attach(server, { path: '/realtime' })
  const port = await listen(server)
  const body = (i: number) => post(`${JSON.stringify(hello(`eve${i}`, 20_000))}\n["s","room:1",null]`)
  await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const socket = connect(port, '127.0.0.1')
      await new Promise<void>((resolve) => socket.write(body(i), () => resolve()))
      socket.resetAndDestroy()
    }),
  )
  await new Promise((resolve) => setImmediate(resolve))
  while ((await new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)))) > 0) await turn()
  await turn()
  expect(realtime.stats().connections).toEqual({ websocket: 0, polling: 0 })
})

test('A72: headers that make no sense end a handshake, not the server', async () => {
  const server = createServer()
  realtimeOf().attach(server, { path: '/realtime' })
  const port = await listen(server)
  for (const more of [
    'Sec-WebSocket-Protocol: ,,,\r\n',
    'Sec-WebSocket-Version: 99\r\n',
    `Sec-WebSocket-Protocol: ${'a,'.repeat(5_000)}\r\n`,
    `Cookie: ${'x'.repeat(100_000)}\r\n`,
    'Origin: http://a\r\nOrigin: http://b\r\n',
  ])
    expect(await say(port, upgrade('/realtime', more))).toMatch(/^HTTP\/1.1 4\d\d /)
  const garbage = upgrade('/realtime', 'Sec-WebSocket-Extensions: ;;;=,"\r\n')
  expect(await say(port, garbage, '\r\n\r\n')).toMatch(/^HTTP\/1.1 101 /)
  expect(await dial(port, '/realtime')).toContain('["w"')
})

test('A74: whatever is refused with 4xx ends its connection, so that nothing can hide behind it', async () => {
  const server = createServer((_, response) => response.end('app'))
  realtimeOf().attach(server, { path: '/realtime' })
  const port = await listen(server)
  const hidden = post(quick)
  for (const first of [
    `GET /realtime HTTP/1.1\r\nHost: x\r\n\r\n${hidden}`,
    post(hidden, 'Content-Encoding: gzip\r\n') + hidden,
    post(hidden, 'Origin: https://evil.example\r\n') + hidden,
    `POST /realtime HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n${hidden}`,
    `POST /realtime HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
  ]) {
    const heard = await say(port, first)
    expect(heard).toMatch(/^HTTP\/1.1 4\d\d /)
    expect(heard.match(/HTTP\/1.1/g)?.length).toBe(1)
  }
})

test('a timer longer than Node can count does not fire at once', async () => {
  let fired = false
  const cancel = nodePlatform.clock.timer(Number.POSITIVE_INFINITY, () => {
    fired = true
  })
  await new Promise((resolve) => nodePlatform.clock.timer(5, () => resolve(undefined)) && setTimeout(resolve, 5))
  expect(fired).toBe(false)
  cancel()
})

test.each([0, 1, 125, 126, 15_996, 16_001, 65_535, 65_536, 200_000])(
  'a frame is the frame ws would have made, and is made once for many: %i bytes',
  async (length) => {
    const mixed = 'ä'.repeat(length / 2) + 'x'.repeat(length % 2)
    for (const message of [mixed, 'x'.repeat(length), new Uint8Array(length).fill(7)]) {
      const frame = createFramer()
      const opcode = typeof message === 'string' ? 1 : 2
      const wanted = Buffer.concat(Sender.frame(Buffer.from(message as string), { fin: true, mask: false, opcode }))
      expect(Buffer.compare(Buffer.from(frame(message) as string, 'latin1'), wanted)).toBe(0)
      expect(frame(message)).toBe(frame(message))
    }
  },
)
