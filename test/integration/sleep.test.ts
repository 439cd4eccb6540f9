import { expect, onTestFinished, test, vi } from 'vitest'
import { collect, startClient, until } from '../support/client'
import { startServer } from '../support/server'
import { startProcess } from './process'
import { setScene, stubPage } from './scene'
import { compare, perfect } from './traffic'

/** This process, and with it the client, stands still; the server is another process. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

const next = <T>(all: { all: T[]; take(count: number): Promise<T[]> }, count: number) =>
  all.take(all.all.length + count)
const inOrder = { lost: 0, doubled: 0, reordered: 0 }

test('F42: a client that could not move for a while resumes, although the server had given it up', async () => {
  const { url } = await startProcess({ heartbeat: 200 })
  const client = startClient(url)
  const numbers = collect<number>()
  const room = client.channel('room:1')
  const gaps: unknown[] = []
  room.onGap((gap) => gaps.push(gap))
  room.on('n', (n) => numbers.push(n))
  await until(client, ({ transport }) => transport === 'websocket')
  await next(numbers, 20)
  block(1_500)
  await until(client, ({ status }) => status !== 'connected')
  await next(numbers, 400)
  const [first = 0] = numbers.all
  const all = numbers.all.map((_, i) => first + i)
  expect(compare(all, numbers.all)).toEqual(inOrder)
  expect(gaps).toEqual([])
})

test('F43: a client that slept for longer than the history reaches hears of one gap', async () => {
  const { url } = await startProcess({ heartbeat: 200, shortMemory: 1 })
  // a contract is no matter of the wire
  const client = startClient(url)
  const numbers = collect<number>()
  const short = client.channel('short:1' as 'room:1')
  const gaps: { reason: string; missed: number | null; at: number }[] = []
  short.onGap(({ reason, missed }) => gaps.push({ reason, missed, at: numbers.all.length }))
  short.on('n', (n) => numbers.push(n))
  await until(client, ({ transport }) => transport === 'websocket')
  await next(numbers, 20)
  block(3_000)
  await until(client, ({ status }) => status !== 'connected')
  await next(numbers, 100)
  expect(gaps).toEqual([{ reason: 'trimmed', missed: expect.any(Number), at: expect.any(Number) }])
  const [{ at, missed }] = gaps as unknown as [{ at: number; missed: number }]
  const first = numbers.all[0] ?? 0
  const all = numbers.all.map((_, i) => (i < at ? first + i : first + i + missed))
  expect(numbers.all).toEqual(all)
})

test('F44: a hidden page, whose timers fire once a minute, keeps its connection', async () => {
  const { url } = await startProcess({ heartbeat: 100, perSecond: 50 })
  const client = startClient(url, { transports: ['websocket'] })
  const numbers = collect<number>()
  client.channel('room:1').on('n', (n) => numbers.push(n))
  await next(numbers, 10)
  const { setTimeout: real } = globalThis
  vi.stubGlobal('setTimeout', (run: () => void, ms = 0) => real(run, Math.max(ms, 60_000)))
  onTestFinished(() => void vi.unstubAllGlobals())
  const statuses: string[] = []
  client.watch(({ status }) => statuses.push(status))
  // a dozen heartbeats: each is answered when it comes, not by a timer
  await next(numbers, 60)
  expect(statuses.filter((status) => status !== 'connected')).toEqual([])
})

test('F45: a page that comes back has its link proved, and keeps it if it is alive', async () => {
  const tell = stubPage()
  const { proxy, client, by, traffic } = await setScene()
  const flow = await traffic(100, 20)
  await by('websocket')
  tell('pageshow')
  await flow.more(50)
  expect(client.state.transport).toBe('websocket')
  expect(proxy.stats.upgrades).toBe(1)
  expect(await flow.stop()).toEqual(perfect)
})

test('F46: two clients of one page are two senders, and both hear everything', async () => {
  const { url } = await startServer()
  const [ada, twin] = [startClient(url), startClient(url)]
  const heard = [collect<unknown>(), collect<unknown>()]
  for (const [i, client] of [ada, twin].entries()) {
    const room = client.channel('room:1')
    room.on('message', ({ text }, { own }) => heard[i]?.push({ text, own }))
    await until(room, ({ status }) => status === 'joined')
  }
  await ada.channel('room:1').publish('message', { text: 'one' })
  await twin.channel('room:1').publish('message', { text: 'two' })
  expect(await heard[0]?.take(2)).toEqual([
    { text: 'one', own: true },
    { text: 'two', own: false },
  ])
  expect(await heard[1]?.take(2)).toEqual([
    { text: 'one', own: false },
    { text: 'two', own: true },
  ])
})

test.each([3_600_000, -3_600_000])('F47: a clock that jumps by %i ms changes nothing', async (jump) => {
  const { proxy, traffic } = await setScene()
  const flow = await traffic(100, 0)
  await flow.more(20)
  const { now } = Date
  vi.spyOn(Date, 'now').mockImplementation(() => now() + jump)
  onTestFinished(() => void vi.restoreAllMocks())
  await flow.more(20)
  proxy.resetAll()
  await flow.more(20)
  for (let i = 0; i < 5; i++) flow.say()
  expect(await flow.stop()).toEqual(perfect)
})
