import { Agent, createServer } from 'node:http'
import { Server } from 'socket.io'
import { io } from 'socket.io-client'
import { event, listen, up } from '../lib/events.mjs'

/** Its HTTP requests share connections for some seconds, as fetch's do: by itself its client for Node opens one for each. */
const agent = new Agent({ keepAlive: true, timeout: 4_000 })
const transports = (one) => (one ? { transports: [one] } : {})

export function createAdapter({ label, server = {}, client = {}, acknowledges = false }) {
  return {
    label,
    reconnects: true,
    fallback: true,
    acknowledges: true,
    async startServer({ port, greeting, onMessage }) {
      const http = createServer()
      const sockets = new Server(http, server)
      sockets.on('connection', (socket) => {
        if (greeting) socket.emit(event, greeting)
        socket.on(up, (data, done) => {
          onMessage(data)
          done?.()
        })
      })
      return { port: await listen(http, port), publish: (data) => void sockets.emit(event, data) }
    },
    createClient({ port, transport, acknowledged = acknowledges }) {
      const socket = io(`http://127.0.0.1:${port}`, { ...client, ...transports(transport), agent, forceNew: true })
      return {
        subscribe(listener) {
          socket.on(event, listener)
          return new Promise((resolve) => socket.once('connect', () => resolve()))
        },
        publish(data) {
          if (acknowledged) return socket.emitWithAck(up, data)
          socket.emit(up, data)
        },
        close: () => socket.disconnect(),
      }
    },
  }
}

export default createAdapter({ label: 'socket.io' })
