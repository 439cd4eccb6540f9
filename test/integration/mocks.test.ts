// An app built on everwire can be tested with the tools its authors know; both speak the protocol in a dozen lines.
import { type ClientOptions, createClient } from 'everwire'
import { WebSocket as MockWebSocket, Server } from 'mock-socket'
import { delay, HttpResponse, http, ws } from 'msw'
import { setupServer } from 'msw/node'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { WebSocket as NodeWebSocket } from 'ws'
import { collect } from '../support/client'

type News = { news: { events: { headline: string } } }

const welcome = [
  'w',
  { v: 1, id: 'public-id', k: 'ticket', hb: 25_000, dd: 120_000, sp: 0, lim: { message: 65_536, channels: 128 } },
]
const lines = (...frames: unknown[]) => frames.map((frame) => JSON.stringify(frame)).join('\n')
const opcodes = (body: string) => body.split('\n').map((text) => JSON.parse(text)[0])

/** The app under test: shows headlines, sends one. */
function startApp(options: ClientOptions) {
  const client = createClient<News>(options)
  onTestFinished(() => client.close())
  const headlines = collect<string>()
  const channel = client.channel('news')
  channel.on('headline', (data) => headlines.push(data))
  return { client, headlines, send: (text: string) => channel.publish('headline', text) }
}

/** What a server would answer, one event on joining and an acknowledgement for each publish. */
function answer(body: string): string {
  const frames: unknown[] = []
  for (const text of body.split('\n')) {
    const [op, a] = JSON.parse(text)
    if (op === 'h') frames.push(welcome)
    if (op === 's') frames.push(['s', a, 0, ['epoch', 0]], ['m', a, 1, 'headline', 'from the mock'])
    if (op === 'p') frames.push(['k', a, 2])
  }
  return lines(...frames)
}

const url = 'http://mock.test/realtime'
const link = ws.link('ws://mock.test/realtime')
const said: string[] = []
const mock = setupServer(
  http.post(url, async ({ request }) => {
    const body = await request.text()
    const [, { w }] = JSON.parse(body.split('\n')[0] as string)
    if (w > 0) await delay('infinite') // nothing more to say: a held poll stays held
    return HttpResponse.text(answer(body))
  }),
  link.addEventListener('connection', ({ client }) => {
    client.addEventListener('message', ({ data }) => {
      said.push(...opcodes(String(data)))
      const text = answer(String(data))
      if (text) client.send(text)
    })
  }),
)
beforeAll(() => {
  globalThis.WebSocket ??= NodeWebSocket as unknown as typeof WebSocket // Node 20 has none to intercept
  mock.listen({ onUnhandledRequest: 'error' })
})
afterAll(() => mock.close())

test('msw answers the requests of long-polling', async () => {
  const app = startApp({ url, transports: ['polling'] })
  expect(await app.headlines.take(1)).toEqual(['from the mock'])
  expect(app.client.state).toMatchObject({ status: 'connected', transport: 'polling' })
  expect(await app.send('to the mock')).toMatchObject({ offset: 2 })
})

test('msw intercepts the WebSocket', async () => {
  const app = startApp({ url, transports: ['websocket'] })
  expect(await app.headlines.take(1)).toEqual(['from the mock'])
  expect(await app.send('to the mock')).toMatchObject({ offset: 2 })
  expect(said).toEqual(['h', 's', 'p'])
})

test('mock-socket stands in for the WebSocket of the platform', async () => {
  const server = new Server('ws://mock.test/realtime')
  onTestFinished(() => server.stop())
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      const text = answer(String(data))
      if (text) socket.send(text)
    })
  })
  const app = startApp({ url: 'ws://mock.test/realtime', transports: ['websocket'], WebSocket: MockWebSocket as never })
  expect(await app.headlines.take(1)).toEqual(['from the mock'])
  expect(app.client.state).toMatchObject({ status: 'connected', transport: 'websocket' })
  expect(await app.send('to the mock')).toMatchObject({ offset: 2 })
})
