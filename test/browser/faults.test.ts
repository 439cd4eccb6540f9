import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { compare } from '../integration/traffic'
import { startFeed } from '../support/feed'
import type { FaultRules } from '../support/proxy/rules'
import { startFaultProxy } from '../support/proxy/start'
import { startServer } from '../support/server'
import { hasChromium, launchChromium } from './demo'
import { servePage } from './serve'

const timeout = 30_000

/** A page that listens to room:1, publishes to room:2 twenty times a second, and keeps its books where a test finds them. */
const page = `<!doctype html><link rel="icon" href="data:,"><script type="module">
import { createClient } from '/everwire/index.js'
const books = { seen: [], echoes: [], gaps: [], outcomes: [], joined: 0 }
const client = createClient({ url: new URL(location).searchParams.get('url') })
for (const [name, list] of [['room:1', books.seen], ['room:2', books.echoes]]) {
  const room = client.channel(name)
  room.onGap(({ reason }) => books.gaps.push(reason))
  room.on('n', (n) => list.push(n))
  room.watch(({ status }) => (books.joined += status === 'joined'))
}
let said = 0
const say = () => client.channel('room:2').publish('n', ++said).then(() => 'ok', ({ code }) => code).then((outcome) => books.outcomes.push(outcome))
const saying = setInterval(say, 50)
const end = () => (clearInterval(saying), client.flush().then(() => said))
Object.assign(window, { client, books, end })
</script>`

describe.skipIf(!hasChromium)('in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  /** A visitor with traffic both ways, through a proxy with these rules. */
  async function visit(rules: Partial<FaultRules> = {}) {
    const origin = await servePage(page)
    const server = await startServer({ origins: [origin] })
    const proxy = await startFaultProxy(server.port, rules)
    const context = await browser.newContext()
    onTestFinished(() => context.close())
    const tab = await context.newPage()
    const errors: string[] = []
    tab.on('pageerror', (error) => errors.push(String(error)))
    await tab.goto(`${origin}/?url=${encodeURIComponent(`${proxy.url}/realtime`)}`)
    const until = (expression: string) => tab.waitForFunction(expression, undefined, { timeout, polling: 20 })
    await until('window.books?.joined === 2')
    const feed = startFeed(server, 100)
    const seen = () => tab.evaluate<number>('books.seen.length')
    return {
      proxy,
      tab,
      by: (transport: string) => until(`client.state.transport === '${transport}'`),
      /** Waits until `count` more events have come. */
      more: async (count: number) => until(`books.seen.length >= ${(await seen()) + count}`),
      /** Ends the traffic; the books must balance. */
      async balance() {
        const last = await feed.stop()
        await until(`books.seen.at(-1) === ${last}`)
        const said = await tab.evaluate<number>('end()')
        await until(`books.echoes.at(-1) === ${said}`)
        const books = await tab.evaluate<{ seen: number[]; echoes: number[]; gaps: string[]; outcomes: string[] }>(
          'books',
        )
        const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)
        const fine = { lost: 0, doubled: 0, reordered: 0 }
        expect(compare(upTo(last), books.seen)).toEqual(fine)
        expect(compare(upTo(said), books.echoes)).toEqual(fine)
        expect(books.outcomes).toEqual(upTo(said).map(() => 'ok'))
        expect(books.gaps).toEqual([])
        expect(errors).toEqual([])
      },
    }
  }

  // one after the other: Chromium slows the handshakes of an address where others fail
  test.each([{ upgrade: 403 }, { upgrade: 'strip' }, { upgrade: 'hang' }] as const)(
    'F8: with WebSocket blocked by %j traffic flows over long-polling, and over WebSocket when that works',
    async (rules) => {
      const { proxy, by, more, balance } = await visit(rules)
      await by('polling')
      await more(100)
      proxy.set({ upgrade: 'pass' })
      await by('websocket')
      await more(50)
      await balance()
    },
  )

  test('F5, F6, F7: a WebSocket that delivers nothing any more, in one direction or both, is replaced, and everything comes once', async () => {
    const run = async (direction: 'both' | 'up' | 'down') => {
      const { proxy, by, more, balance } = await visit()
      await by('websocket')
      await more(50)
      proxy.silence(direction)
      await more(200)
      await balance()
    }
    await Promise.all((['both', 'up', 'down'] as const).map(run))
  })

  test('F5: the event "online" has an idle link prove itself, and a dead one replaced', async () => {
    const { proxy, tab, by, more, balance } = await visit()
    await by('websocket')
    await more(20)
    const before = proxy.stats.upgrades
    proxy.silence()
    await tab.evaluate('dispatchEvent(new Event("online"))')
    await more(50)
    await balance()
    expect(proxy.stats.upgrades).toBeGreaterThan(before)
  })

  test.each([{ upgrade: 403 }, { upgrade: 'hang' }] as const)(
    'WebSocket killed for good in the middle of the traffic (%j): it flows over long-polling, and nothing is lost',
    async (rules) => {
      const { proxy, by, more, balance } = await visit()
      await by('websocket')
      await more(50)
      proxy.set(rules)
      proxy.resetAll()
      await by('polling')
      await more(100)
      await balance()
    },
  )

  test('an outage of the network is survived without a loss, either way', async () => {
    const { proxy, by, more, balance } = await visit()
    await by('websocket')
    await more(50)
    await proxy.offlineFor(1_000)
    await more(50)
    await balance()
  })
})
