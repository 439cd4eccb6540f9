import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, connect as dial } from 'node:net'
import { gzipSync } from 'node:zlib'
import { createRealtime, type Realtime } from 'everwire/server'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { hello, secretOf } from './support'

type Options = Parameters<typeof createRealtime>[0]

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function realtimeFor(server: Server, path: string, options: Options = {}): Realtime & { detach(): void } {
  const realtime = createRealtime({ channels: { 'room:{id}': { publish: () => true } }, onError: () => {}, ...options })
  const detach = realtime.attach(server, { path })
  onTestFinished(() => realtime.close())
  return { ...realtime, detach }
}

async function start(app?: RequestListener, options: Options = {}) {
  const server = createServer(app ?? ((_, response) => response.end('app')))
  const realtime = realtimeFor(server, '/realtime', options)
  const origin = await listen(server)
  return { server, realtime, origin, url: `${origin}/realtime` }
}

const quick = JSON.stringify(hello('ann', 0))
const post = (url: string, headers: Record<string, string> = {}, body: BodyInit = quick) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'text/plain;charset=UTF-8', ...headers }, body })

/** Resolves with the status of a refused upgrade, or the first message. */
function upgrade(url: string, headers: Record<string, string> = {}): Promise<number | string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace('http', 'ws'), { headers })
    onTestFinished(() => socket.terminate())
    socket.on('open', () => socket.send(JSON.stringify(['h', { v: 1, s: secretOf('bob'), g: 1 }])))
    socket.on('message', (data) => resolve(String(data).slice(0, 4)))
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0))
    socket.on('error', reject)
  })
}

test('an app on the same server keeps every path but one', async () => {
  const app = express()
  app.get('/hello', (_, response) => {
    response.send('from express')
  })
  const { origin, url } = await start(app)
  expect(await (await fetch(`${origin}/hello`)).text()).toBe('from express')
  expect((await fetch(`${origin}/realtimes`)).status).toBe(404)
  expect((await post(`${url}?x=1`)).status).toBe(200)
  expect(await upgrade(url)).toBe('["w"')
})

test('an app that is mounted after the attach does not see the path either', async () => {
  const server = createServer()
  realtimeFor(server, '/realtime')
  server.on('request', (_, response) => response.writeHead(404).end('app'))
  const origin = await listen(server)
  expect((await post(`${origin}/realtime`)).status).toBe(200)
  expect(await (await fetch(`${origin}/other`)).text()).toBe('app')
})

test('several realtime servers share one HTTP server, and one can leave', async () => {
  const server = createServer((_, response) => response.end('app'))
  const one = realtimeFor(server, '/one')
  realtimeFor(server, '/two')
  const origin = await listen(server)
  expect([await upgrade(`${origin}/one`), await upgrade(`${origin}/two`)]).toEqual(['["w"', '["w"'])
  one.detach()
  expect(await (await post(`${origin}/one`)).text()).toBe('app')
  expect((await post(`${origin}/two`)).status).toBe(200)
  expect(await upgrade(`${origin}/one`)).toBe(200)
})

test('answers are not cached, not sniffed and name the origin they are for', async () => {
  const { url } = await start(undefined, { origins: ['https://app.example.com'] })
  const { headers } = await post(url, { origin: 'https://app.example.com' })
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store, no-transform',
    'x-content-type-options': 'nosniff',
    'x-accel-buffering': 'no',
    vary: 'Origin',
    'access-control-allow-origin': 'https://app.example.com',
  })
  expect(headers.get('access-control-allow-credentials')).toBeNull()
})

test.each([
  ['https://evil.example', 403],
  ['null', 403],
  ['https://app.example.evil.com', 403],
  ['https://app.example.com:444', 403],
  ['HTTPS://APP.EXAMPLE.COM', 403],
  ['https://app.example.com.', 403],
  ['http://app.example.com', 403],
  ['https://app.example.com', 200],
])('the origin %s gets %i, by POST and by upgrade', async (origin, status) => {
  const { url } = await start(undefined, { origins: ['https://app.example.com'] })
  const response = await post(url, { origin })
  expect(response.status).toBe(status)
  expect(response.headers.get('access-control-allow-origin')).toBe(status === 200 ? origin : null)
  expect(await upgrade(url, { origin })).toBe(status === 200 ? '["w"' : 403)
})

test('the same host is allowed without being named', async () => {
  const { url, origin } = await start()
  expect((await post(url, { origin })).status).toBe(200)
  expect(await upgrade(url, { origin })).toBe('["w"')
})

test('a refused origin is reported once, with the line to add', async () => {
  const errors: unknown[] = []
  const { url } = await start(undefined, { onError: (error) => errors.push(error) })
  for (let i = 0; i < 3; i++) await post(url, { origin: 'https://app.example.com' })
  expect(errors.map(String)).toEqual([expect.stringContaining("origins: ['https://app.example.com']")])
})

test('a wildcard together with credentials makes no server', () => {
  expect(() => createRealtime({ origins: ['*'], credentials: true })).toThrow(/name the origins/)
  expect(() => createRealtime({ origins: ['app.example.com'] })).toThrow(/not an origin/)
})

test('what is no POST, encoded, too big or no UTF-8 is refused with a frame', async () => {
  const { url } = await start()
  const big = 'x'.repeat(300_000)
  const frames = new Map<number, Response>()
  for (const response of [
    await fetch(url),
    await post(url, { 'content-encoding': 'gzip' }, gzipSync(quick)),
    await post(url, {}, big),
    await post(url, {}, new Uint8Array([91, 255, 93])),
  ]) {
    frames.set(response.status, response)
    expect(JSON.parse(await response.text()).slice(0, 2)).toEqual(['b', 4400])
  }
  expect([...frames.keys()]).toEqual([405, 415, 413, 200])
})

test('a body without an announced length is cut off where it passes the limit', async () => {
  const { url } = await start()
  const { port } = new URL(url)
  const socket = dial(Number(port), '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  socket.write('POST /realtime HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
  for (let i = 0; i < 40; i++) socket.write(`2000\r\n${'x'.repeat(8_192)}\r\n`)
  const answer = await new Promise<string>((resolve) => socket.on('data', (data) => resolve(String(data))))
  expect(answer).toMatch(/^HTTP\/1\.1 413 /)
})

test('a message too big for a WebSocket is never buffered, and counted as too big', async () => {
  const { url, realtime } = await start()
  const socket = new WebSocket(url.replace('http', 'ws'))
  socket.on('open', () => socket.send('x'.repeat(300_000)))
  const code = await new Promise((resolve) => socket.on('close', resolve))
  expect(code).toBe(1009)
  expect(realtime.stats().refusals.too_big).toBe(1)
})

test('fragments without end are cut off', async () => {
  const { url } = await start()
  const socket = new WebSocket(url.replace('http', 'ws'))
  socket.on('open', () => {
    for (let i = 0; i < 100; i++) socket.send('x', { fin: false })
  })
  expect(await new Promise((resolve) => socket.on('close', resolve))).toBe(1008)
})

test('a server that is closed and listens again, or another one, has the same sessions and history', async () => {
  const { server, url, realtime } = await start()
  await realtime.publish('room:1', 'm', 'kept')
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  const second = createServer()
  realtime.attach(second, { path: '/elsewhere' })
  const origin = await listen(second)
  const body = `${quick}\n${JSON.stringify(['s', 'room:1', null, { r: 5 }])}`
  expect(await (await post(`${origin}/elsewhere`, {}, body)).text()).toContain('"kept"')
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), '127.0.0.1', resolve))
  expect(await (await post(url, {}, body)).text()).toContain('"kept"')
})

test('a client that goes away in the middle of a poll leaves nothing behind', async () => {
  const { url, realtime } = await start()
  const controller = new AbortController()
  const first = await (await post(url, {}, `${quick}\n["s","room:1",null]`)).text()
  const ticket = JSON.parse(first.split('\n')[0] ?? '')[1].k as string
  const held = fetch(url, {
    method: 'POST',
    body: JSON.stringify(hello('ann', 20_000, { k: ticket })),
    signal: controller.signal,
  })
  while (realtime.stats().connections.polling === 0) await new Promise(setImmediate)
  controller.abort()
  await held.catch(() => {})
  while (realtime.stats().connections.polling > 0) await new Promise(setImmediate)
  expect(realtime.stats().connections.polling).toBe(0)
})
