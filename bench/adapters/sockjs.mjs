import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { listen } from '../lib/events.mjs'

const require = createRequire(import.meta.url)
const names = { websocket: ['websocket'], polling: ['xhr-polling'] }

export default {
  label: 'sockjs',
  fallback: true,
  async startServer({ port, greeting, onMessage }) {
    const sockets = require('sockjs').createServer({ log() {} })
    const connections = new Set()
    const text = JSON.stringify
    sockets.on('connection', (connection) => {
      connections.add(connection)
      if (greeting) connection.write(text(greeting))
      connection.on('data', (message) => onMessage(JSON.parse(message)))
      connection.on('close', () => connections.delete(connection))
    })
    const http = createServer()
    sockets.installHandlers(http, { prefix: '/sockjs' })
    return {
      port: await listen(http, port),
      publish(data) {
        const message = text(data)
        for (const connection of connections) connection.write(message)
      },
    }
  },
  createClient({ port, transport }) {
    const SockJS = require('sockjs-client')
    const socket = new SockJS(
      `http://127.0.0.1:${port}/sockjs`,
      null,
      transport ? { transports: names[transport] } : {},
    )
    return {
      subscribe(listener) {
        socket.onmessage = ({ data }) => listener(JSON.parse(data))
        return new Promise((resolve) => {
          socket.onopen = () => resolve()
        })
      },
      publish: (data) => void socket.send(JSON.stringify(data)),
      close: () => socket.close(),
    }
  },
}
