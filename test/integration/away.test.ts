import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'
import { expect, onTestFinished, test } from 'vitest'
import { startClient, until } from '../support/client'
import { openChannels, startServer } from '../support/server'

async function startAgain(port: number) {
  const realtime = createRealtime({ channels: openChannels as never })
  const http = createServer()
  realtime.attach(http, { path: '/realtime' })
  await new Promise<void>((resolve) => http.listen(port, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await realtime.close()
    http.closeAllConnections()
    http.close()
  })
}

test.each([[['websocket']], [['polling']], [['websocket', 'polling']]] as const)(
  'over %j what is published while every connection is refused is sent to the next server, not unknown',
  async (transports) => {
    const server = await startServer()
    const client = startClient(server.url, { transports })
    const room = client.channel('room:1')
    room.on('message', () => {})
    await room.publish('message', { text: 'first' })
    await server.stop()
    await server.realtime.close()
    await until(client, ({ status }) => status === 'waiting')
    const sent = room.publish('message', { text: 'while it was away' })
    await until(client, ({ attempt }) => attempt > 3)
    await startAgain(server.port)
    await expect(sent).resolves.toMatchObject({ offset: 1 })
  },
)

test('an iterator ends, or throws the reason, when the client is refused for good', async () => {
  const server = await startServer({ authenticate: () => ({ id: 'u' }) })
  const client = startClient(server.url)
  const next = client.channel('room:1').events('message').next()
  await client.ready()
  server.realtime.kick({ user: 'u' })
  await until(client, ({ status }) => status === 'closed')
  await expect(next).rejects.toMatchObject({ code: 'kicked' })
})
