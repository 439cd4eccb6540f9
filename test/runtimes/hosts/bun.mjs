import { bunHandler, createRealtime } from 'everwire/server/fetch'
import { start } from './start.mjs'

const live = bunHandler(start(createRealtime))
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  routes: { '/realtime': live.fetch, '/hello': new Response('hello') },
  websocket: live.websocket,
})
console.log(JSON.stringify({ port: server.port }))
