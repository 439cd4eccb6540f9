import { createRealtime } from 'everwire/server'
import { fastify } from 'fastify'
import { start } from './start.mjs'

const app = fastify()
app.get('/hello', async () => 'hello')
start(createRealtime).attach(app.server, { path: '/realtime' })
await app.listen({ port: 0, host: '127.0.0.1' })
console.log(JSON.stringify(app.server.address()))
