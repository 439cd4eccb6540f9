import { expect, onTestFinished, test } from 'vitest'
import { until } from '../support/client'
import { audit } from '../support/feed'
import { startServer } from '../support/server'
import { setScene } from './scene'
import { perfect } from './traffic'

const client = { transports: ['polling'] } as const

/** Both ways over long-polling, through a proxy with these rules once the client has joined. */
async function underRules(rules: Parameters<Awaited<ReturnType<typeof setScene>>['proxy']['set']>[0]) {
  const { proxy, traffic } = await setScene({ client })
  const flow = await traffic(100, 20)
  proxy.set(rules)
  await flow.more(100)
  const hits = proxy.events.all('fault').length
  proxy.set({ fail: null, truncate: null, duplicate: null, only: null })
  return { books: await flow.stop(), hits }
}

test.each([504, 'cut'] as const)(
  'F11: answers that are lost on the way (%s) are asked for again, without doubles',
  async (how) => {
    const { books, hits } = await underRules({ fail: { percent: 25, how: [how] } })
    expect(hits).toBeGreaterThan(0)
    expect(books).toEqual(perfect)
  },
)

test.each([502, 'reset'] as const)('F12: requests that are lost on the way (%s) are repeated', async (how) => {
  const { books, hits } = await underRules({ fail: { percent: 25, how: [how] } })
  expect(hits).toBeGreaterThan(0)
  expect(books).toEqual(perfect)
})

test.each(['clean', 'abrupt'] as const)('F13: answers that are cut short (%s) change nothing', async (how) => {
  let count = 0
  const { books, hits } = await underRules({ truncate: { bytes: 40, how }, only: () => ++count % 2 === 0 })
  expect(hits).toBeGreaterThan(0)
  expect(books).toEqual(perfect)
})

test.each(['first', 'second'] as const)(
  'F14: requests that a proxy sends twice change nothing (%s answer)',
  async (which) => {
    let count = 0
    const { books, hits } = await underRules({ duplicate: which, only: () => ++count % 3 === 0 })
    expect(hits).toBeGreaterThan(0)
    expect(books).toEqual(perfect)
  },
)

test('F14: no cache may keep or change an answer', async () => {
  const { url } = await startServer()
  const response = await fetch(url, { method: 'POST', body: `["h",{"v":1,"s":"${'s'.repeat(22)}","g":1,"w":0}]` })
  expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
})

test('F15: a proxy that cuts held polls sooner than they are held is learnt, and then left alone', async () => {
  const { server, proxy, client: me } = await setScene({ client, rules: { responseIdle: 2_300 } })
  const room = me.channel('room:1')
  const books = audit(room)
  const statuses = new Set<string>()
  await until(room, ({ status }) => status === 'joined')
  me.watch(({ status }) => statuses.add(status))
  const answered = async (status: number) => {
    let answer = await proxy.events.next('answer')
    while (answer.status !== status) answer = await proxy.events.next('answer')
  }
  await answered(504)
  await server.realtime.publish('room:1', 'n', 1)
  await books.reached(1)
  // a poll that is held in peace until its end
  await answered(200)
  await answered(200)
  await server.realtime.publish('room:1', 'n', 2)
  await books.reached(2)
  expect(books).toMatchObject({ seen: [1, 2], gaps: [] })
  expect(proxy.events.all('answer').filter(({ status }) => status === 504)).toHaveLength(1)
  expect([...statuses]).toEqual([])
}, 20_000)

test('F18: of two polls at once the older one is answered with nothing, and never with an error', async () => {
  const { url, realtime } = await startServer()
  const abort = new AbortController()
  onTestFinished(() => abort.abort())
  const poll = async (g: number) => {
    const body = `["h",{"v":1,"s":"${'s'.repeat(22)}","g":${g},"w":20000}]\n["s","room:1"]`
    const response = await fetch(url, { method: 'POST', body, signal: abort.signal })
    return { status: response.status, text: await response.text() }
  }
  // the first answer brings welcome and position; the ticket spares the next ones both
  const { text } = await poll(1)
  const [welcome, joined] = text.split('\n').map((line) => JSON.parse(line))
  const again = async (g: number) => {
    const body = [
      ['h', { v: 1, s: 's'.repeat(22), g, w: 20_000, k: welcome[1].k }],
      ['s', 'room:1', joined[3]],
    ]
    const response = await fetch(url, {
      method: 'POST',
      body: body.map((frame) => JSON.stringify(frame)).join('\n'),
      signal: abort.signal,
    })
    return { status: response.status, text: await response.text() }
  }
  const older = again(2)
  await expect.poll(() => realtime.stats().connections.polling).toBe(1)
  const newer = again(3)
  expect(await older).toEqual({ status: 200, text: '["i"]' })
  await realtime.publish('room:1', 'n', 7)
  expect(await newer).toEqual({ status: 200, text: '["m","room:1",1,"n",7]' })
})
