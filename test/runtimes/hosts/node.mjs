import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'
import { start } from './start.mjs'

const server = createServer((request, response) => {
  response.writeHead(request.url === '/hello' ? 200 : 404).end('hello')
})
start(createRealtime).attach(server, { path: '/realtime' })
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())))
