import { expect, test } from 'vitest'
import { createFaultProxy } from '../../support/proxy/fault-proxy'
import { startFaultProxy } from '../../support/proxy/start'
import { ask, openSocket, openTcp, pendingAfter, startTarget } from './parts'

test('offline by a cut: what is open is reset, what is new is refused, and it comes back', async () => {
  const target = await startTarget()
  const proxy = await startFaultProxy(target.port)
  const client = openSocket(proxy.url)
  await client.story.next()
  const back = proxy.offlineFor(50)
  expect(await client.story.next()).toBe('closed 1006')
  await expect(ask(proxy.url)).rejects.toThrow('ECONNRESET')
  await back
  expect((await ask(proxy.url)).status).toBe(200)
})

test('offline by a black hole: what is open stays silent, what is new is served when it is back', async () => {
  const target = await startTarget()
  const proxy = await startFaultProxy(target.port)
  const client = openSocket(proxy.url)
  await client.story.next()
  proxy.offline(true, 'blackhole')
  const reply = ask(proxy.url)
  const connected = openTcp(proxy.port)
  expect(await connected.story.next()).toBe('open')
  expect(target.requests.all).toEqual([])
  client.send('lost')
  proxy.offline(false)
  expect((await reply).status).toBe(200)
  expect(await pendingAfter(client.story.next(), ask(proxy.url))).toBe(true)
  expect(target.heard.all).toEqual([])
})

test('goes to another target when told', async () => {
  const first = await startTarget((response) => response.end('first'))
  const second = await startTarget((response) => response.end('second'))
  const proxy = await startFaultProxy(first.port)
  expect((await ask(proxy.url)).body).toBe('first')
  proxy.retarget(second.port)
  expect((await ask(proxy.url)).body).toBe('second')
})

test('a target that is not there is a 502', async () => {
  const target = await startTarget()
  const gone = await createFaultProxy({ target: target.port })
  await gone.close()
  const proxy = await startFaultProxy(gone.port)
  expect((await ask(proxy.url)).status).toBe(502)
  expect(await openSocket(proxy.url).story.next()).toBe('status 502')
})

test('close() leaves no connection, no timer and no listener', async () => {
  const target = await startTarget((response) => void response.write('parked'))
  const proxy = await createFaultProxy({ target: target.port, rules: { responseIdle: 60_000, resetAfter: 60_000 } })
  const socket = openSocket(proxy.url)
  await socket.story.next()
  const orphan = openTcp(proxy.port)
  orphan.socket.write(
    'GET / HTTP/1.1\r\nhost: target\r\nconnection: upgrade\r\nupgrade: websocket\r\n' +
      'sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  orphan.socket.resume()
  await proxy.events.next('upgrade')
  await proxy.events.next('upgrade')
  proxy.silence('up')
  orphan.socket.resetAndDestroy()
  expect((await proxy.events.next('closed')).by).toBe('client')
  const parked = ask(proxy.url).catch(() => ({ complete: false }))
  await proxy.events.next('answer')
  expect(proxy.timers).toBeGreaterThan(0)
  await proxy.close()
  await proxy.close()
  expect(await socket.story.next()).toBe('closed 1006')
  expect((await parked).complete).toBe(false)
  // also the one whose client had gone unnoticed
  expect([await target.closed.next(), await target.closed.next()]).toEqual([1006, 1006])
  expect(proxy.timers).toBe(0)
  expect(proxy.connections()).toEqual([])
  expect(await openTcp(proxy.port).story.next()).toBe('ECONNREFUSED')
})
