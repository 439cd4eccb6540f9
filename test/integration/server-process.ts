// A server that can be killed, or lives on while its client cannot move: publishes ever higher numbers to room:1 and short:1.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRealtime } from 'everwire/server'

export interface ProcessOptions {
  port: number
  /** The first number. */
  first: number
  perSecond: number
  heartbeat: number
  /** How long short:1 remembers, s. */
  shortMemory: number
}

const options: ProcessOptions = JSON.parse(process.argv[2] as string)
const realtime = createRealtime({
  heartbeat: options.heartbeat,
  channels: {
    'room:{id}': { publish: () => true },
    'short:{id}': { history: { seconds: options.shortMemory } },
  },
})
const server = createServer((_, response) => response.writeHead(404).end())
realtime.attach(server, { path: '/realtime' })
server.listen(options.port, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

let n = options.first
const begun = performance.now()
setInterval(() => {
  const due = options.first + ((performance.now() - begun) * options.perSecond) / 1_000
  for (; n < due; n++) for (const channel of ['room:1', 'short:1']) void realtime.publish(channel, 'n', n)
}, 5)
process.on('disconnect', () => process.exit())
