// A server process to be killed: publishes ever higher numbers to room:1. node feed-server.mjs <port> <first number> <per second>
import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'

const [port, first, perSecond] = process.argv.slice(2).map(Number)
const realtime = createRealtime({ channels: { 'room:{id}': { publish: () => true } } })
const server = createServer((_, response) => response.writeHead(404).end())
realtime.attach(server, { path: '/realtime' })
server.listen(port, '127.0.0.1', () => process.send({ port: server.address().port }))

let n = first
const begun = performance.now()
setInterval(() => {
  const due = first + ((performance.now() - begun) * perSecond) / 1000
  while (n < due) realtime.publish('room:1', 'n', n++)
}, 5)
process.on('disconnect', () => process.exit())
