import { expect, test } from 'vitest'
import { startFaultProxy } from '../../support/proxy/start'
import { openSocket, pendingAfter, startTarget } from './parts'

async function setUp(rules: Parameters<typeof startFaultProxy>[1] = {}) {
  const target = await startTarget()
  const proxy = await startFaultProxy(target.port, rules)
  return { target, proxy }
}

async function opened(rules: Parameters<typeof startFaultProxy>[1] = {}) {
  const { target, proxy } = await setUp(rules)
  const client = openSocket(proxy.url)
  expect(await client.story.next()).toBe('open')
  return { target, proxy, client }
}

/** A second WebSocket through the same proxy, for what must work beside the broken one. */
async function witness(url: string): Promise<void> {
  const other = openSocket(url)
  await other.story.next()
  other.send('witness')
  expect(await other.messages.next()).toBe('echo witness')
}

test('passes messages both ways and tells who closed', async () => {
  const { target, proxy, client } = await opened()
  client.send('hi')
  expect(await client.messages.next()).toBe('echo hi')
  expect(await proxy.events.next('upgrade')).toMatchObject({ outcome: 'opened', url: '/' })
  for (const socket of target.clients) socket.terminate()
  expect(await client.story.next()).toBe('closed 1006')
  expect((await proxy.events.next('closed')).by).toBe('target')
  expect(proxy.stats).toMatchObject({ connections: 1, upgrades: 1, requests: 0 })
  expect(proxy.stats.bytes.up).toBeGreaterThan(100)
})

test.each([400, 403, 502])('refuses upgrades with %i, and the target hears nothing', async (status) => {
  const { target, proxy } = await setUp({ upgrade: status })
  const client = openSocket(proxy.url)
  expect(await client.story.next()).toBe(`status ${status}`)
  expect((await proxy.events.next('upgrade')).outcome).toBe('refused')
  expect(target.requests.all).toEqual([])
})

test('strips the upgrade: the target answers a plain request', async () => {
  const { target, proxy } = await setUp({ upgrade: 'strip' })
  const client = openSocket(proxy.url)
  expect(await client.story.next()).toBe('status 200')
  expect((await target.requests.next()).headers).not.toHaveProperty('upgrade')
  expect((await proxy.events.next('upgrade')).outcome).toBe('stripped')
})

test('hangs upgrades until it is told otherwise', async () => {
  const { proxy } = await setUp({ upgrade: 'hang' })
  const client = openSocket(proxy.url)
  expect((await proxy.events.next('upgrade')).outcome).toBe('hung')
  const waiting = client.story.next()
  proxy.set({ upgrade: 'pass' })
  expect(await pendingAfter(waiting, witness(proxy.url))).toBe(true)
})

test('opens and delivers nothing', async () => {
  const { target, proxy, client } = await opened({ silent: 'both' })
  client.send('lost')
  proxy.set({ silent: null })
  expect(await pendingAfter(client.messages.next(), witness(proxy.url))).toBe(true)
  expect(target.heard.all).toEqual(['witness'])
})

test('resets a tunnel some time after it opened', async () => {
  const { client } = await opened({ resetAfter: 30 })
  expect(await client.story.next()).toBe('closed 1006')
})

test.each(['up', 'down'] as const)('resets a tunnel after some bytes %s', async (direction) => {
  const { target, proxy, client } = await opened({ cutAfter: { direction, bytes: 20 } })
  client.send('12345')
  expect(await client.messages.next()).toBe('echo 12345')
  // 6 bytes and a mask of 4 up, 2 + 10 down: the second message does not fit any more
  client.send('67890')
  expect(await client.story.next()).toBe('closed 1006')
  expect(await target.closed.next()).toBe(1006)
  expect(target.heard.all).toEqual(direction === 'up' ? ['12345'] : ['12345', '67890'])
  expect(client.messages.all).toEqual(['echo 12345'])
  expect(proxy.events.all('fault').at(-1)?.fault).toBe('cut')
})

test.each(['silence', 'reset', 'end'] as const)('an idle tunnel meets its end: %s', async (action) => {
  const { target, proxy, client } = await opened({ idle: { after: 40, action } })
  expect((await proxy.events.next('fault')).fault).toBe('idle')
  if (action === 'silence') {
    client.send('lost')
    proxy.set({ idle: null })
    expect(await pendingAfter(client.story.next(), witness(proxy.url))).toBe(true)
    expect(target.heard.all).toEqual(['witness'])
  } else {
    expect(await client.story.next()).toBe('closed 1006')
    expect(await target.closed.next()).toBe(1006)
  }
})

test.each(['up', 'down', 'both'] as const)('half-open now: %s', async (direction) => {
  const { target, proxy, client } = await opened()
  proxy.silence(direction)
  client.send('one')
  for (const socket of target.clients) socket.send('two')
  const message = client.messages.next()
  if (direction === 'up') expect(await message).toBe('two')
  else expect(await pendingAfter(message, witness(proxy.url))).toBe(true)
  if (direction === 'down') expect(target.heard.all).toContain('one')
  else expect(target.heard.all).not.toContain('one')
  // neither the end of the one nor of the other gets through a silenced direction
  if (direction === 'up') return
  for (const socket of target.clients) socket.terminate()
  expect(await pendingAfter(client.story.next(), witness(proxy.url))).toBe(true)
})

test('a client that leaves a half-open connection is not missed by the target', async () => {
  const { target, proxy, client } = await opened()
  proxy.silence('up')
  client.socket.terminate()
  expect(await client.story.next()).toBe('closed 1006')
  expect(await pendingAfter(target.closed.next(), witness(proxy.url))).toBe(true)
})

test('drops the connections that are idle, without a FIN', async () => {
  const { proxy, client } = await opened()
  expect(proxy.dropIdle(60_000)).toBe(0)
  expect(proxy.dropIdle()).toBe(1)
  client.send('lost')
  expect(await pendingAfter(client.story.next(), witness(proxy.url))).toBe(true)
})

test('resets all, on both sides', async () => {
  const { target, proxy, client } = await opened()
  proxy.resetAll()
  expect(await client.story.next()).toBe('closed 1006')
  expect(await target.closed.next()).toBe(1006)
  expect((await proxy.events.next('closed')).by).toBe('proxy')
})

test('delays each direction and keeps the order, also when the delay shrinks', async () => {
  const { proxy, client } = await opened()
  proxy.set({ latency: { up: 60, down: 20 } })
  const started = performance.now()
  for (const text of ['1', '2', '3']) client.send(text)
  const first = client.messages.next()
  expect(await first).toBe('echo 1')
  expect(performance.now() - started).toBeGreaterThanOrEqual(79)
  proxy.set({ latency: { up: 0, down: 0 } })
  client.send('4')
  const rest = [await client.messages.next(), await client.messages.next(), await client.messages.next()]
  expect(rest).toEqual(['echo 2', 'echo 3', 'echo 4'])
})
