/** Raw `ws` that compresses every message, each connection with a memory of what it has sent. Measured where compression is. */
import { WebSocket } from 'ws'
import ws, { plainClient, startPlainServer } from './ws.mjs'

export const compressing = (label, more) => ({
  ...ws,
  label,
  // whatever its size: by default `ws` leaves messages below 1 kB as they are
  startServer: (options) => startPlainServer(options, { threshold: 0, ...more }),
  createClient({ port }) {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`)
    socket.on('error', () => {})
    return plainClient(socket)
  },
})

export default compressing('with permessage-deflate', {})
