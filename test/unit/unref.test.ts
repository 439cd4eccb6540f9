import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { nodeEnvironment, nodeSocketEnvironment } from '../../src/environment/node'
import { unrefFetch, unrefTimer } from '../../src/environment/unref'
import { freePort } from '../support/free-port'
import { createQueue } from '../support/queue'

/** A server whose requests wait for the test to answer them. */
async function start() {
  const requests = createQueue<{ request: IncomingMessage; response: ServerResponse }>()
  const server = createServer((request, response) => requests.push({ request, response }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { requests, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/realtime?a=b` }
}

const reasonOf = (promise: Promise<unknown>) => promise.then(() => 'none', String)

test('sends what fetch sends, and brings status and text', async () => {
  const { requests, url } = await start()
  const asked = unrefFetch(url, { method: 'POST', body: 'héllo\n✓', redirect: 'manual' })
  const { request, response } = await requests.next()
  expect([request.method, request.url, await text(request)]).toEqual(['POST', '/realtime?a=b', 'héllo\n✓'])
  expect(request.headers).toMatchObject({ 'content-type': 'text/plain;charset=UTF-8', 'content-length': '10' })
  response.writeHead(429).end('später')
  const answer = await asked
  expect([answer.status, await answer.text()]).toEqual([429, 'später'])
})

test('a character may come in two pieces', async () => {
  const { requests, url } = await start()
  const asked = unrefFetch(url, { method: 'POST', body: '' })
  const { response } = await requests.next()
  for (const byte of Buffer.from('["é✓😀"]')) response.write(Buffer.of(byte))
  response.end()
  expect(await (await asked).text()).toBe('["é✓😀"]')
})

test('a redirect is an answer like any other', async () => {
  const { requests, url } = await start()
  const asked = unrefFetch(url, { method: 'POST', body: '', redirect: 'manual' })
  const { response } = await requests.next()
  response.writeHead(307, { Location: '/elsewhere' }).end()
  const answer = await asked
  expect([answer.status, await answer.text(), requests.all.length]).toEqual([307, '', 1])
})

test('one connection serves one request after the other', async () => {
  const { requests, url } = await start()
  const ports: unknown[] = []
  for (let i = 0; i < 3; i++) {
    const asked = unrefFetch(url, { method: 'POST', body: '' })
    const { request, response } = await requests.next()
    ports.push(request.socket.remotePort)
    response.end('done')
    await (await asked).text()
  }
  expect(new Set(ports).size).toBe(1)
})

test('aborted before it began, it asks nobody', async () => {
  const { requests, url } = await start()
  expect(await reasonOf(unrefFetch(url, { method: 'POST', body: '', signal: AbortSignal.abort('late') }))).toBe('late')
  expect(requests.all).toEqual([])
})

test.each(['before the answer', 'in the middle of it'])(
  'aborted %s, it fails with the reason and lets go',
  async (when) => {
    const { requests, url } = await start()
    const controller = new AbortController()
    const reason = reasonOf(unrefFetch(url, { method: 'POST', body: '', signal: controller.signal }))
    const { response } = await requests.next()
    const gone = new Promise((resolve) => response.on('close', resolve))
    if (when !== 'before the answer') await new Promise<void>((resolve) => response.write('half of', () => resolve()))
    controller.abort(0)
    expect(await reason).toBe('0')
    await gone
  },
)

test('fails without a server, and when the answer is cut short or missing', async () => {
  expect(await reasonOf(unrefFetch(`http://127.0.0.1:${await freePort()}/`, { method: 'POST' }))).toMatch(
    'ECONNREFUSED',
  )
  const { requests, url } = await start()
  const missing = reasonOf(unrefFetch(url, { method: 'POST', body: '' }))
  ;(await requests.next()).response.destroy()
  expect(await missing).toMatch('socket hang up')
  const short = reasonOf(unrefFetch(url, { method: 'POST', body: '' }))
  const { response } = await requests.next()
  response.write('half of', () => response.destroy())
  expect(await short).toMatch('aborted')
})

test('a timer runs once, or not at all if it is called off', async () => {
  const ran: string[] = []
  const cancel = unrefTimer(1, () => ran.push('called off'))
  cancel()
  await new Promise<void>((resolve) => unrefTimer(20, resolve))
  expect(ran).toEqual([])
})

test.each([nodeEnvironment, nodeSocketEnvironment])(
  "with `unref` the platform's WebSocket is not used: %o",
  async (environment) => {
    class Platform {}
    vi.stubGlobal('WebSocket', Platform)
    onTestFinished(() => void vi.unstubAllGlobals())
    expect(await environment({}).webSocket()).toBe(Platform)
    expect(await environment({ unref: true }).webSocket()).toBeTypeOf('function')
    expect(await environment({ unref: true }).webSocket()).not.toBe(Platform)
  },
)
