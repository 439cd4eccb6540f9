/** Raw `ws` and JSON: no reconnection, no fallback, no acknowledgement. What everything else is measured against. */
import { createServer } from 'node:http'
import { WebSocket, WebSocketServer } from 'ws'
import { listen } from '../lib/events.mjs'

/** Also the server of partysocket. */
export async function startPlainServer({ port, greeting, onMessage }, perMessageDeflate = false) {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, perMessageDeflate })
  const text = JSON.stringify
  sockets.on('connection', (socket) => {
    if (greeting) socket.send(text(greeting))
    socket.on('message', (message) => onMessage(JSON.parse(message.toString())))
  })
  return {
    port: await listen(http, port),
    publish(data) {
      const message = text(data)
      for (const socket of sockets.clients) socket.send(message)
    },
  }
}

export function plainClient(socket) {
  const opened = new Promise((resolve) => socket.addEventListener('open', () => resolve(), { once: true }))
  return {
    subscribe(listener) {
      socket.addEventListener('message', ({ data }) => listener(JSON.parse(data)))
      return opened
    },
    publish(data) {
      socket.send(JSON.stringify(data))
    },
    close: () => socket.close(),
  }
}

export default {
  label: 'ws (raw)',
  startServer: (options) => startPlainServer(options),
  createClient({ port }) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false })
    socket.on('error', () => {})
    return plainClient(socket)
  },
}
