import { Agent } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startFaultProxy } from '../../support/proxy/start'
import { ask, openSocket, pendingAfter, startTarget } from './parts'

test('passes requests and answers, on a connection that stays open', async () => {
  const target = await startTarget((response, { body }) =>
    response.writeHead(201, { 'x-seen': body }).end(`got ${body}`),
  )
  const proxy = await startFaultProxy(`http://127.0.0.1:${target.port}`)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(() => agent.destroy())
  for (const body of ['one', 'two']) {
    const reply = await ask(`${proxy.url}/a?b=c`, { method: 'POST', body, agent })
    expect(reply).toMatchObject({ status: 201, body: `got ${body}`, headers: { 'x-seen': body }, complete: true })
    expect(await target.requests.next()).toMatchObject({ method: 'POST', url: '/a?b=c', body })
  }
  expect(proxy.stats).toMatchObject({ connections: 1, requests: 2 })
  expect(await proxy.events.next('request')).toMatchObject({ method: 'POST', url: '/a?b=c' })
  expect(await proxy.events.next('answer')).toMatchObject({ status: 201, by: 'target' })
})

test('a client that gives up is seen by the target', async () => {
  let gone = () => {}
  const noticed = new Promise<void>((resolve) => {
    gone = resolve
  })
  const target = await startTarget((response) => void response.on('close', gone))
  const proxy = await startFaultProxy(target.port)
  const reply = ask(proxy.url)
  reply.catch(() => {})
  await target.requests.next()
  for (const { socket } of proxy.connections()) socket.destroy()
  await noticed
  await expect(reply).rejects.toThrow('ECONNRESET')
})

test('holds an answer until it is complete', async () => {
  const parts: (() => void)[] = []
  const target = await startTarget((response) => {
    response.write('first ')
    parts.push(() => response.end('last'))
  })
  const proxy = await startFaultProxy(target.port, { buffer: true })
  const reply = ask(proxy.url)
  await target.requests.next()
  const beside = await startTarget()
  const straight = await startFaultProxy(beside.port)
  await ask(straight.url)
  expect(proxy.events.all('answer')).toEqual([])
  parts[0]?.()
  expect(await reply).toMatchObject({ body: 'first last', complete: true, headers: { 'content-length': '10' } })
})

test('answers 504 when the target is silent for too long', async () => {
  const target = await startTarget(() => {})
  const proxy = await startFaultProxy(target.port, { responseIdle: 40 })
  expect((await ask(proxy.url)).status).toBe(504)
  expect((await proxy.events.next('fault')).fault).toBe(504)
})

test('cuts an answer that falls silent after it began', async () => {
  const target = await startTarget((response) => void response.write('a beginning'))
  const proxy = await startFaultProxy(target.port, { responseIdle: 40 })
  expect(await ask(proxy.url)).toMatchObject({ status: 200, body: 'a beginning', complete: false })
})

describe('a share of the requests fails', () => {
  test('by the same dice for the same seed', async () => {
    const target = await startTarget()
    const outcomes = async (seed: number) => {
      const proxy = await startFaultProxy(target.port, { fail: { percent: 50, how: [502, 504] } }, { seed })
      const statuses: number[] = []
      for (let i = 0; i < 20; i++) statuses.push((await ask(proxy.url)).status)
      return statuses
    }
    const first = await outcomes(7)
    expect(new Set(first)).toEqual(new Set([200, 502, 504]))
    expect(await outcomes(7)).toEqual(first)
    expect(await outcomes(8)).not.toEqual(first)
  })

  test('502 is not seen by the target, 504 is', async () => {
    const target = await startTarget()
    const proxy = await startFaultProxy(target.port, { fail: { percent: 100, how: [502] } })
    expect((await ask(proxy.url)).status).toBe(502)
    expect(target.requests.all).toHaveLength(0)
    proxy.set({ fail: { percent: 100, how: [504] } })
    expect((await ask(proxy.url)).status).toBe(504)
    expect(target.requests.all).toHaveLength(1)
  })

  test('cut midway, or reset unseen', async () => {
    const target = await startTarget()
    const proxy = await startFaultProxy(target.port, { fail: { percent: 100, how: ['cut'] } })
    expect(await ask(proxy.url)).toMatchObject({ status: 200, body: 'hello from', complete: false })
    proxy.set({ fail: { percent: 100, how: ['reset'] } })
    await expect(ask(proxy.url)).rejects.toThrow('ECONNRESET')
    expect(target.requests.all).toHaveLength(1)
  })

  test.each(['request', 'answer'] as const)('its %s swallowed, while the connection stays open', async (what) => {
    const target = await startTarget()
    const proxy = await startFaultProxy(target.port, { fail: { percent: 100, how: [`lose-${what}`] } })
    const reply = ask(proxy.url)
    reply.catch(() => {})
    expect((await proxy.events.next('fault')).fault).toBe(`lose-${what}`)
    if (what === 'answer') await target.requests.next()
    proxy.set({ fail: null })
    expect(await pendingAfter(reply, ask(proxy.url))).toBe(true)
    expect(target.requests.all).toHaveLength(what === 'answer' ? 2 : 1)
    expect(proxy.events.all('closed').map(({ connection }) => connection)).not.toContain(1)
  })

  test('only those it is about', async () => {
    const target = await startTarget()
    const only = ({ method, body }: { method: string; body: string }) => method === 'POST' && body.includes('x')
    const proxy = await startFaultProxy(target.port, { fail: { percent: 100, how: [502] }, only })
    expect((await ask(proxy.url)).status).toBe(200)
    expect((await ask(proxy.url, { method: 'POST', body: 'y' })).status).toBe(200)
    expect((await ask(proxy.url, { method: 'POST', body: 'x' })).status).toBe(502)
  })
})

test('a captive portal answers everything with its page, or with a redirect', async () => {
  const target = await startTarget()
  const proxy = await startFaultProxy(target.port, { portal: 'page' })
  const reply = await ask(proxy.url)
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/html' } })
  expect(reply.body).toContain('<!doctype html>')
  expect(await openSocket(proxy.url).story.next()).toBe('status 200')
  proxy.set({ portal: 'redirect' })
  expect((await ask(proxy.url)).status).toBe(302)
  expect(await openSocket(proxy.url).story.next()).toBe('status 302')
  expect(target.requests.all).toEqual([])
})

test('truncates a body, so that it shows or not', async () => {
  const target = await startTarget()
  const proxy = await startFaultProxy(target.port, { truncate: { bytes: 5, how: 'clean' } })
  expect(await ask(proxy.url)).toMatchObject({ body: 'hello', complete: true })
  proxy.set({ truncate: { bytes: 5, how: 'abrupt' } })
  expect(await ask(proxy.url)).toMatchObject({ body: 'hello', complete: false })
  proxy.set({ truncate: { bytes: 500, how: 'abrupt' } })
  expect(await ask(proxy.url)).toMatchObject({ body: 'hello from the target', complete: true })
})

test.each(['first', 'second'] as const)('sends a request twice and passes on the %s answer', async (which) => {
  let count = 0
  const target = await startTarget((response) => response.end(`answer ${++count}`))
  const proxy = await startFaultProxy(target.port, { duplicate: which })
  const reply = await ask(proxy.url, { method: 'POST', body: 'once' })
  expect(reply.body).toBe(which === 'first' ? 'answer 1' : 'answer 2')
  await target.requests.next()
  expect((await target.requests.next()).body).toBe('once')
})

test('delays a request and its answer, and the connection itself', async () => {
  const target = await startTarget()
  const proxy = await startFaultProxy(target.port, { latency: { up: 30, down: 30 } })
  const started = performance.now()
  await ask(proxy.url)
  expect(performance.now() - started).toBeGreaterThanOrEqual(118)
})

test('a parked request on a connection silenced meanwhile is never answered', async () => {
  const parked: (() => void)[] = []
  const target = await startTarget((response, { url }) =>
    url === '/poll' ? parked.push(() => response.end('late')) : response.end('ok'),
  )
  const proxy = await startFaultProxy(target.port)
  const reply = ask(`${proxy.url}/poll`)
  reply.catch(() => {})
  await target.requests.next()
  proxy.silence()
  parked[0]?.()
  expect(await pendingAfter(reply, ask(proxy.url))).toBe(true)
})

test('holds a request back until it is let go, also when its client has gone meanwhile', async () => {
  const target = await startTarget()
  let letGo = () => {}
  const delay = new Promise<void>((resolve) => {
    letGo = resolve
  })
  const proxy = await startFaultProxy(target.port, { delay })
  const late = ask(proxy.url, { method: 'POST', body: 'late' })
  late.catch(() => {})
  expect((await proxy.events.next('fault')).fault).toBe('delay')
  proxy.set({ delay: null })
  await ask(proxy.url, { method: 'POST', body: 'early' })
  for (const { socket } of proxy.connections()) socket.destroy()
  await expect(late).rejects.toThrow('ECONNRESET')
  letGo()
  expect((await target.requests.next()).body).toBe('early')
  expect((await target.requests.next()).body).toBe('late')
  proxy.set({ delay: 30 })
  const started = performance.now()
  await ask(proxy.url)
  expect(performance.now() - started).toBeGreaterThanOrEqual(29)
})
