// Underneath y-websocket, which closes its socket when it hears of an end: the defaults do.
import { setupWSConnection } from '@y/websocket-server/utils'
import { ReconnectingWebSocket } from 'everwire/socket'
import { expect, onTestFinished, test } from 'vitest'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { counted, startPlainServer } from './servers'

let rooms = 0

async function start() {
  const room = `room-${++rooms}`
  const server = await startPlainServer((sockets) => sockets.on('connection', setupWSConnection))
  const { Counted, alive } = counted(ReconnectingWebSocket)

  function open() {
    const doc = new Y.Doc()
    const provider = new WebsocketProvider(server.url, room, doc, {
      WebSocketPolyfill: Counted as unknown as typeof WebSocket,
      disableBc: true, // else they would talk past the server
      maxBackoffTime: 50,
    })
    onTestFinished(() => {
      provider.destroy()
      doc.destroy()
    })
    const text = doc.getText('text')
    return {
      provider,
      text,
      /** Resolves once the text is this. */
      reads: (expected: string) =>
        new Promise<void>((resolve) => {
          const look = () => text.toString() === expected && resolve()
          text.observe(look)
          look()
        }),
      status: (expected: string) =>
        new Promise<void>((resolve) => {
          provider.on('status', ({ status }) => status === expected && resolve())
        }),
    }
  }
  return { server, open, alive }
}

test('two documents agree', async () => {
  const { open } = await start()
  const [ada, bob] = [open(), open()]
  ada.text.insert(0, 'hello')
  await bob.reads('hello')
})

test('what was written while the connection was away is merged when it is back', async () => {
  const { server, open, alive } = await start()
  const [ada, bob] = [open(), open()]
  ada.text.insert(0, 'hello')
  await bob.reads('hello')

  const away = Promise.all([ada.status('disconnected'), bob.status('disconnected')])
  server.proxy.offline(true)
  await away
  ada.text.insert(5, ' world')
  bob.text.insert(0, '> ')
  server.proxy.offline(false)
  await Promise.all([ada.reads('> hello world'), bob.reads('> hello world')])
  expect(alive()).toBe(2)
  expect(server.clients.size).toBe(2)
})

test('it survives drop after drop', async () => {
  const { server, open, alive } = await start()
  const [ada, bob] = [open(), open()]
  let expected = ''
  for (const letter of 'abcd') {
    ada.text.insert(ada.text.length, letter)
    expected += letter
    await bob.reads(expected)
    server.proxy.resetAll()
  }
  ada.text.insert(ada.text.length, '!')
  await bob.reads('abcd!')
  expect(alive()).toBe(2)
})
