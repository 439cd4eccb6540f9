// Underneath mqtt.js, which closes its socket when it hears of an end: the defaults do.
import { Aedes } from 'aedes'
import { ReconnectingWebSocket } from 'everwire/socket'
import mqtt from 'mqtt'
import { expect, onTestFinished, test } from 'vitest'
import { createWebSocketStream } from 'ws'
import { collect } from '../../support/client'
import { counted, startPlainServer } from './servers'

async function startBroker() {
  const broker = await Aedes.createBroker()
  const server = await startPlainServer(
    (sockets) =>
      sockets.on('connection', (socket, request) => {
        broker.handle(
          createWebSocketStream(socket).on('error', () => {}),
          request,
        )
      }),
    { handleProtocols: (offered) => offered.has('mqtt') && 'mqtt' },
  )
  onTestFinished(() => new Promise((resolve) => broker.close(resolve)))
  return server
}

async function connect(url: string, clientId: string) {
  const { Counted, made, alive } = counted(ReconnectingWebSocket)
  const client = await mqtt.connectAsync(url, {
    clientId,
    clean: false, // a session that outlives its connection
    forceNativeWebSocket: true, // what a browser does: a WebSocket, not a stream of Node
    createWebsocket: (to, protocols) => new Counted(to, protocols),
    reconnectPeriod: 20,
  })
  onTestFinished(() => client.endAsync(true))
  const protocol = () => (made.at(-1) as ReconnectingWebSocket).protocol
  return { client, alive, protocol }
}

test('mqtt.js publishes and hears, over the subprotocol it asks for', async () => {
  const server = await startBroker()
  const ada = await connect(server.url, 'ada')
  expect(ada.protocol()).toBe('mqtt')
  const heard = collect<string>()
  ada.client.on('message', (topic, payload) => heard.push(`${topic}: ${payload}`))
  await ada.client.subscribeAsync('news/#')
  await ada.client.publishAsync('news/today', 'hello')
  expect(await heard.take(1)).toEqual(['news/today: hello'])
})

test('with quality of service 1 nothing is missing after drop upon drop', async () => {
  const server = await startBroker()
  const [ada, bob] = [await connect(server.url, 'ada'), await connect(server.url, 'bob')]
  const heard = new Set<string>()
  const all = collect<string>()
  bob.client.on('message', (_, payload) => {
    if (!heard.has(String(payload))) all.push(String(payload))
    heard.add(String(payload))
  })
  await bob.client.subscribeAsync('n', { qos: 1 })
  const sent: string[] = []
  for (let n = 0; n < 40; n++) {
    sent.push(String(n))
    const published = ada.client.publishAsync('n', String(n), { qos: 1 })
    if (n % 10 === 5) server.proxy.resetAll()
    await published
  }
  expect((await all.take(40)).sort()).toEqual(sent.sort())
  expect([ada.alive(), bob.alive()]).toEqual([1, 1])
})
