import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ClientOptions } from 'everwire'
import { expect, onTestFinished, vi } from 'vitest'
import type { FaultRules } from '../../support/proxy/rules'
import { startFaultProxy } from '../../support/proxy/start'
import { startServer } from '../../support/server'
import { servePage } from '../serve'
import type { Browser } from './engine'

/** How long anything may take, ms. */
const timeout = 30_000

/**
 * Listens to room:1, publishes to room:2 and hears itself there. What happens to it stands in `told`, in order. It listens to the
 * platform's hints before and after the client does: what stands between `online` and `handled` followed at once.
 */
const page = `<!doctype html><link rel="icon" href="data:,"><script type="module">
import { createClient } from '/everwire/index.js'
import { createDebug } from '/everwire/inspector.js'
const query = new URLSearchParams(location.search)
const told = []
const tell = (word) => told.at(-1) === word || told.push(word)
function listen(heard) {
  for (const type of ['online', 'offline']) addEventListener(type, () => heard(type))
  // Chromium says this first
  navigator.connection?.addEventListener('change', () => heard('online'))
  addEventListener('pageshow', ({ persisted }) => persisted && heard('pageshow'))
  document.addEventListener('visibilitychange', () => heard(document.visibilityState))
}
listen(tell)

/** For an engine whose network cannot be taken away: what the platform would say. */
function pretend(online) {
  Object.defineProperty(navigator, 'onLine', { value: online, configurable: true })
  dispatchEvent(new Event(online ? 'online' : 'offline'))
}

if (query.has('url')) {
  const { contentType, ...options } = JSON.parse(query.get('options'))
  const headers = { 'content-type': contentType }
  if (contentType) options.fetch = (url, init) => fetch(url, { ...init, headers })
  const client = createClient({ url: query.get('url'), debug: createDebug(), ...options })
  const [room, own] = [client.channel('room:1'), client.channel('room:2')]
  const books = { seen: [], echoes: [], bytes: [], gaps: [], outcomes: [] }
  client.watch(({ status }) => tell(status))
  client.debug(({ type, frame }) => type === 'send' && frame[0] === 'i' && tell('ping'))
  for (const channel of [room, own]) channel.onGap(({ reason }) => books.gaps.push(reason))
  room.on('n', (n) => books.seen.push(n))
  own.on('n', (n) => books.echoes.push(n))
  own.on('pixels', (bytes) => books.bytes.push([...bytes]))
  listen(() => tell('handled'))
  let said = 0
  const settle = (sent) => sent.then(() => 'ok', ({ code }) => code).then((outcome) => books.outcomes.push(outcome))
  const say = (count) => { for (let i = 0; i < count; i++) settle(own.publish('n', ++said)) }
  const paint = (...bytes) => { settle(own.publish('pixels', Uint8Array.from(bytes))) }
  const ask = (limit) => room.request('history', { limit }).then((lines) => { window.answer = lines })
  const isJoined = () => [room, own].every(({ state }) => state.status === 'joined')
  Object.assign(window, { client, books, say, paint, ask, isJoined })
}
Object.assign(window, { told, pretend })
</script>`

interface VisitOptions {
  rules?: Partial<FaultRules>
  client?: Pick<ClientOptions, 'transports'> & {
    /** Has each request of long-polling name it, as a `fetch` of the app's own may. */
    contentType?: string
  }
}

/** A page of one origin in a real browser, and the server at another one, behind a fault proxy. */
export async function visit(browser: Browser, { rules = {}, client = {} }: VisitOptions = {}) {
  const origin = await servePage(page)
  const server = await startServer({ origins: [origin] })
  const methods = logMethods(server.port)
  const proxy = await startFaultProxy(server.port, rules)
  const tab = await browser.open()
  onTestFinished(() => tab.close())
  const query = new URLSearchParams({ url: `${proxy.url}/realtime`, options: JSON.stringify(client) })
  await tab.goto(`${origin}/?${query}`)

  /** Waits until an expression is true in the page. */
  const until = (expression: string) =>
    vi.waitFor(
      async () => {
        const [isTrue, told] = await tab.evaluate<[boolean, string[]]>(`[!!(${expression}), told]`)
        if (!isTrue) throw new Error(`waited for ${expression}; the page was told ${told.join(', ')}`)
      },
      { timeout, interval: 30 },
    )

  let published = 0
  let said = 0
  const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

  await until('window.client && isJoined()')
  return {
    origin,
    server,
    proxy,
    tab,
    methods,
    until,
    by: (transport: string) => until(`client.state.transport === '${transport}'`),
    /** Waits until what the page was told reads like this, `offline,online,connecting` for instance. */
    told: (words: RegExp) => until(`${words}.test(told.join())`),
    /** The server publishes as many more numbers. */
    async publish(count: number): Promise<void> {
      for (let i = 0; i < count; i++) await server.realtime.publish('room:1', 'n', ++published)
    },
    /** The page publishes as many more. */
    async say(count: number): Promise<void> {
      said += count
      await tab.evaluate(`void say(${count})`)
    },
    /** Waits for the last of both; all of them must have come once and in order. */
    async balance(): Promise<void> {
      await until(`books.seen.at(-1) === ${published} && books.outcomes.length >= ${said}`)
      await until(`${said} === 0 || books.echoes.at(-1) === ${said}`)
      const { seen, echoes, gaps, outcomes } = await tab.evaluate<Books>('books')
      expect({ seen, echoes, gaps }).toEqual({ seen: upTo(published), echoes: upTo(said), gaps: [] })
      expect(outcomes.filter((outcome) => outcome !== 'ok')).toEqual([])
    },
    /** Takes the network away from the page, or gives it back. */
    async network(online: boolean): Promise<void> {
      // an engine that says it has no network may leave open what is open
      proxy.offline(!online)
      await (tab.network?.(online) ?? tab.evaluate(`void pretend(${online})`))
    },
  }
}

interface Books {
  seen: number[]
  echoes: number[]
  bytes: number[][]
  gaps: string[]
  outcomes: string[]
}

/** The methods of all requests that a server is asked, as Node itself tells of them. */
function logMethods(port: number): string[] {
  const methods: string[] = []
  const listener = (message: unknown) => {
    const { request, server } = message as { request: IncomingMessage; server: Server }
    if ((server.address() as AddressInfo | null)?.port === port) methods.push(request.method!)
  }
  subscribe('http.server.request.start', listener)
  onTestFinished(() => void unsubscribe('http.server.request.start', listener))
  return methods
}
