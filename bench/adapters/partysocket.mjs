import { WebSocket as Reconnecting } from 'partysocket'
import { WebSocket } from 'ws'
import { plainClient, startPlainServer } from './ws.mjs'

export default {
  label: 'partysocket',
  reconnects: true,
  startServer: startPlainServer,
  createClient: ({ port }) => plainClient(new Reconnecting(`ws://127.0.0.1:${port}/`, [], { WebSocket })),
}
