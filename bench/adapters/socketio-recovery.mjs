/** With every recovery option on. */
import { createAdapter } from './socketio.mjs'

export default createAdapter({
  label: 'socket.io, recovery + retries',
  server: { connectionStateRecovery: {} },
  client: { retries: 10, ackTimeout: 10_000 },
  acknowledges: true,
})
