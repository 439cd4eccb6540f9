import { describe, expect, test } from 'vitest'
import { startClient } from '../../support/client'
import { startFeed } from '../../support/feed'
import { startFaultProxy } from '../../support/proxy/start'
import { openChannels, startServer, type TestServer } from '../../support/server'
import { start } from './start'

interface Line {
  data: number
  offset: number
  at: string
  gap: string
  missed: number | null
}
const read = (lines: string[]): Line[] => lines.map((line) => JSON.parse(line))
const listen = (url: string, ...options: string[]) => start(['listen', url, 'room:1', 'n', ...options])

async function publish({ realtime }: TestServer, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) await realtime.publish('room:1', 'n', n)
}

/** Publishes `count` events; where the channel is after the first of them. */
async function historyOf(server: TestServer, count: number): Promise<string> {
  await publish(server, 1, 1)
  const { out, code } = listen(server.url, '--rewind', '1', '--count', '1')
  await code
  await publish(server, 2, count)
  return read(out.all)[0]?.at as string
}

/** More than a server keeps at hand of a channel without a history, or beyond it. */
const beyond = 200

/** A server whose history is bounded so. */
const bounded = (history: false | { messages: number }) =>
  startServer({ channels: { 'room:{id}': { ...openChannels['room:{id}'], history } } })

/** A channel without history, and a place in it. */
async function forgetful() {
  const server = await bounded(false)
  const { out, code } = listen(server.url, '--count', '1')
  const feed = startFeed(server, 100) // until one arrives
  await code
  await feed.stop()
  return { server, ...(read(out.all)[0] as Line) }
}

describe.each([
  ['websocket', ['--transport', 'websocket']],
  ['polling', ['--transport', 'polling']],
  ['both', []],
])('by %s', (_, by) => {
  test('goes on where an earlier run stopped: first what came meanwhile, then what comes', async () => {
    const server = await startServer()
    const at = await historyOf(server, 3)
    expect(at).toMatch(/^\w+:1$/)
    const { out, code } = listen(server.url, '--since', at, '--count', '4', ...by)
    await out.take(2)
    await publish(server, 4, 5)
    expect(await code).toBe(0)
    const epoch = at.slice(0, -1)
    expect(read(out.all)).toEqual([2, 3, 4, 5].map((n) => ({ event: 'n', data: n, offset: n, at: `${epoch}${n}` })))
  })

  test('one run after another over cut connections sees everything once and in order', async () => {
    const server = await startServer()
    const proxy = await startFaultProxy(server.port)
    const url = `${proxy.url}/realtime`
    const feed = startFeed(server, 300)
    const lines: Line[] = []
    for (let round = 0; round < 3; round++) {
      const place = lines.at(-1)?.at
      const { out, code } = listen(url, ...(place ? ['--since', place] : ['--rewind', '1000']), '--count', '150', ...by)
      // once as soon as it has dialled, whether it has its answer or not
      await expect.poll(() => proxy.connections().length, { interval: 1 }).toBeGreaterThan(0)
      if (place) proxy.resetAll()
      await out.take(50)
      proxy.resetAll()
      await code
      lines.push(...read(out.all))
    }
    await feed.stop()
    expect(lines.map(({ data }) => data)).toEqual(Array.from({ length: 450 }, (_, i) => i + 1))
  })

  test('a server that has restarted since is one gap, then live events, whose places are good again', async () => {
    const server = await startServer()
    const at = await historyOf(server, 3)
    await server.forget()
    await publish(server, 11, 12)
    const { out, code } = listen(server.url, '--since', at, '--count', '3', ...by)
    await out.take(1)
    await publish(server, 13, 14)
    await code
    const [gap, ...events] = read(out.all)
    expect(gap).toEqual({ gap: 'epoch', missed: null, at: expect.stringMatching(/^[\w-]+:\d+$/) })
    expect(events).toMatchObject([
      { data: 13, offset: 3 },
      { data: 14, offset: 4 },
    ])
    const [{ at: place }] = events as [Line]
    expect(place.split(':')[0]).not.toBe(at.split(':')[0])
    const next = listen(server.url, '--since', place, '--count', '1', ...by)
    await next.code
    expect(read(next.out.all)).toMatchObject([{ data: 14 }])
    const behind = listen(server.url, '--since', gap?.at as string, '--count', '2', ...by)
    await behind.code
    expect(read(behind.out.all)).toMatchObject([{ data: 13 }, { data: 14 }])
  })

  test('a server that restarts meanwhile is the same, and places are of its new memory from then on', async () => {
    const server = await startServer()
    const at = await historyOf(server, 2)
    const { out, code } = listen(server.url, '--since', at, '--count', '3', ...by)
    await out.take(1)
    await server.forget()
    await out.take(2)
    await publish(server, 3, 3)
    await code
    const [before, gap, after] = read(out.all) as [Line, Line, Line]
    expect([before, gap, after]).toMatchObject([{ data: 2 }, { gap: 'epoch' }, { data: 3, offset: 1 }])
    expect(before.at.split(':')[0]).toBe(at.split(':')[0])
    expect(after.at.split(':')[0]).not.toBe(at.split(':')[0])
  })

  test('what the history no longer has is a gap', async () => {
    const server = await bounded({ messages: 2 })
    const at = await historyOf(server, beyond)
    const { out, code } = listen(server.url, '--since', at, '--count', '2', ...by)
    await out.take(1)
    await publish(server, 1, 1)
    await code
    expect(read(out.all)).toMatchObject([
      { gap: 'trimmed', missed: beyond - 1 },
      { data: 1, offset: beyond + 1 },
    ])
  })

  test('what a channel without history no longer has is a gap', async () => {
    const { server, at, offset } = await forgetful()
    await publish(server, 1, beyond)
    const { out, code } = listen(server.url, '--since', at, '--count', '2', ...by)
    await out.take(1)
    await publish(server, 42, 42)
    await code
    const [gap, event] = read(out.all)
    expect(gap?.gap).toBe('trimmed')
    expect(event?.data).toBe(42)
    expect(offset + (gap?.missed as number) + 1).toBe(event?.offset)
  })

  test.each([
    ['with', async () => ({ server: await startServer() })],
    ['without', forgetful],
  ])('a position that the channel has not reached is a gap, %s history', async (_, set) => {
    const { server, at = await historyOf(server, 3) }: { server: TestServer; at?: string } = await set()
    const { out, code } = listen(server.url, '--since', `${at}000`, '--count', '2', ...by)
    await out.take(1)
    await publish(server, 42, 42)
    await code
    expect(read(out.all)).toMatchObject([{ gap: 'ahead', missed: null }, { data: 42 }])
  })
})

test('the first question carries the position: no round trip more', async () => {
  const server = await startServer()
  const at = await historyOf(server, 2)
  const bodies: string[] = []
  const proxy = await startFaultProxy(server.port, { only: ({ body }) => bodies.push(body) > 0 })
  const { code } = listen(`${proxy.url}/realtime`, '--since', at, '--count', '1', '--transport', 'polling')
  await code
  expect(bodies[0]).toContain(JSON.stringify(['s', 'room:1', [at.slice(0, -2), 1]]))
})

test.each([
  ['websocket', { delay: 150 }],
  ['polling', { upgrade: 503 }],
])('a gap is shown once, also if %s hears of it first', async (first, slower) => {
  const server = await startServer()
  const at = await historyOf(server, 3)
  await server.forget()
  await publish(server, 1, 7)
  const slow = await startFaultProxy(server.port, slower)
  const { out, err, code } = listen(`${slow.url}/realtime`, '--since', at, '--count', '3')
  await out.take(1)
  expect(err.all).toContain(`connected by ${first}`)
  await publish(server, 8, 8)
  // both have their say
  slow.set({ upgrade: 'pass' })
  await expect.poll(() => err.all, { timeout: 8_000 }).toContain('connected by websocket')
  await publish(server, 9, 9)
  await code
  expect(read(out.all)).toMatchObject([{ gap: 'epoch' }, { data: 8 }, { data: 9 }])
})

test('a volatile event has no place: one goes on after the event before it', async () => {
  const server = await startServer()
  const at = await historyOf(server, 2)
  const { out } = start(['listen', server.url, 'room:1', 'n', 'typing', '--since', at])
  await out.take(1)
  const client = startClient(server.url)
  await client.ready()
  // it promises nothing to one who is between two links: so until one arrives
  while (out.all.length < 2) {
    client.channel('room:1').publish('typing', { from: 'me' }, { volatile: true })
    await Promise.race([out.take(2), new Promise((resolve) => setTimeout(resolve, 20))])
  }
  const [before, volatile] = read(out.all) as [Line, Line]
  expect(volatile).toMatchObject({ event: 'typing', offset: 0, at: before.at })
})

test('a terminal shows no places', async () => {
  const server = await startServer()
  const at = await historyOf(server, 2)
  const { out, code } = start(['listen', server.url, 'room:1', 'n', '--since', at, '--count', '1'], true)
  await code
  expect(out.all).toEqual(['n 2'])
})

test.each([
  '',
  '7',
  ':7',
  'k3Jd9a',
  'k3Jd9a:',
  'k3Jd9a:-1',
  'k3Jd9a:1.5',
  'k3Jd9a:1e3',
  'k3Jd9a:9007199254740993',
  `${'x'.repeat(65)}:7`,
])('no position: %j', async (position) => {
  const { code, out, err } = listen('http://127.0.0.1/', `--since=${position}`)
  expect(await code).toBe(2)
  expect(out.all).toEqual([])
  expect(err.all).toEqual([`--since is an "at" of an earlier run, <epoch>:<offset>: ${position}`])
})
