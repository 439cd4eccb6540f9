import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { createPollingTransport } from '../../src/transports/polling'
import { turn } from '../support/fake-clock'
import { createFakeEnvironment, type FakeEnvironment } from '../support/fake-environment'
import { createFakeFetch, type FakeRequest } from '../support/fake-fetch'
import { createQueue } from '../support/queue'
import { createRealEnvironment } from '../support/real-environment'
import { nothing, type Other, transportLaws, type World } from './transport'

transportLaws('long-polling, on a fake fetch', fakeWorld)
transportLaws('long-polling, on a real server', realWorld)

const isHeld = (body: string) => !body.startsWith('hello 0')

function fakeWorld(): World {
  const net = createFakeFetch()
  const environment = createFakeEnvironment({ fetch: () => net.fetch })
  let dials = 0
  return {
    transport: createPollingTransport(environment),
    url: 'ws://test/realtime',
    async next() {
      await net.requests.next()
      dials++
      return fakeOther(net, environment)
    },
    get dials() {
      return Math.max(dials, net.requests.all.length)
    },
    left: () => [...net.open.map(() => 'request'), ...Array.from({ length: environment.pending }, () => 'timer')],
  }
}

function fakeOther(net: ReturnType<typeof createFakeFetch>, environment: FakeEnvironment): Other {
  let held: FakeRequest | undefined

  async function ready(): Promise<void> {
    for (; !held; held = net.open.find(({ body }) => isHeld(body))) await environment.advance(10)
  }
  /** Fails whatever is asked until nothing is asked any more. */
  async function failAll(fail: (request: FakeRequest) => void): Promise<void> {
    for (let request = net.open[0]; request; request = net.open[0]) {
      fail(request)
      await environment.advance(500)
    }
  }
  return {
    accept: async (...messages) => net.open[0]?.answer(messages.join('\n') || nothing),
    refuse: () => failAll((request) => request.answer('<html>502</html>', 502)),
    ready,
    async deliver(message) {
      await ready()
      held?.answer(message)
      held = undefined
      await turn()
    },
    async drop() {
      await turn()
      await failAll((request) => request.fail())
    },
    async heard(count) {
      const said = () => net.requests.all.flatMap(({ body }) => body.split('\n'))
      for (let turns = 0; said().length < count && turns < 100; turns++) {
        for (const request of net.open) if (!isHeld(request.body)) request.answer(nothing)
        await turn()
      }
      return said()
    },
    gone: async () => {},
  }
}

interface Exchange {
  readonly body: string
  readonly response: ServerResponse
}

async function realWorld(): Promise<World> {
  const environment = createRealEnvironment(10)
  const arrived = createQueue<Exchange>()
  const server = createServer((request, response) => void receive(request, response))
  let failing: ((exchange: Exchange) => void) | undefined

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const exchange = { body: await text(request), response }
    if (failing) failing(exchange)
    else arrived.push(exchange)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  const open = () => arrived.all.filter(({ response }) => !response.writableEnded && !response.destroyed)
  return {
    transport: createPollingTransport(environment),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async next() {
      const hello = await arrived.next()
      return realOther(hello, arrived, open, (fail) => {
        failing = fail
      })
    },
    get dials() {
      return arrived.all.length
    },
    left: () => [...open().map(() => 'request'), ...Array.from({ length: environment.pending }, () => 'timer')],
  }
}

function realOther(
  hello: Exchange,
  arrived: ReturnType<typeof createQueue<Exchange>>,
  open: () => Exchange[],
  failFromNowOn: (fail: (exchange: Exchange) => void) => void,
): Other {
  const said: string[] = [hello.body]
  let held: Exchange | undefined

  async function another(): Promise<Exchange> {
    const exchange = await arrived.next()
    said.push(...exchange.body.split('\n'))
    if (isHeld(exchange.body)) held = exchange
    else exchange.response.end(nothing)
    return exchange
  }
  async function ready(): Promise<void> {
    while (!held) await another()
  }
  function fail(how: (exchange: Exchange) => void): void {
    failFromNowOn(how)
    for (const exchange of open()) how(exchange)
  }
  return {
    async accept(...messages) {
      if (!hello.response.destroyed) hello.response.end(messages.join('\n') || nothing)
    },
    refuse: async () => fail(({ response }) => response.writeHead(502).end('<html>502</html>')),
    ready,
    async deliver(message) {
      await ready()
      held?.response.end(message)
      held = undefined
    },
    drop: async () => fail(({ response }) => response.destroy()),
    async heard(count) {
      while (said.length < count) await another()
      return said
    },
    async gone() {
      await Promise.all(
        open().map(({ response }) => new Promise<void>((resolve) => response.on('close', () => resolve()))),
      )
    },
  }
}
