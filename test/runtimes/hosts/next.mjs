import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'
import next from 'next'
import { start } from './start.mjs'

const server = createServer()
const app = next({ dev: true, httpServer: server })
await app.prepare()
server.on('request', app.getRequestHandler())
start(createRealtime).attach(server, { path: '/realtime' })
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())))
