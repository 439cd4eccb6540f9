/** One side of `npm run profile`: `flood.mjs server`, or `flood.mjs client PORT BURST`. */
import { createServer } from 'node:http'
import { Session } from 'node:inspector/promises'
import { createClient } from '../../dist/index.node.js'
import { createRealtime } from '../../dist/server.js'

const [role, port, burst] = process.argv.slice(2)
const warm = 50_000
const measured = 200_000
/** Sends without an answer at a time. */
const ahead = 1_000

const session = new Session()
session.connect()
await session.post('Profiler.enable')
const begin = () => session.post('Profiler.start')
const end = async () => (await session.post('Profiler.stop')).profile
process.on('disconnect', () => process.exit())

async function serve() {
  const limits = { sendsPerSecond: 1e6, sendBurst: 1e6, framesPerSecond: 1e6, frameBurst: 1e6, unsettled: 10_000 }
  let heard = 0
  const publish = () => {
    if (++heard === warm) void begin()
    return true
  }
  const realtime = createRealtime({ limits, channels: { up: { publish } } })
  const http = createServer()
  realtime.attach(http, { path: '/realtime' })
  http.listen(0, '127.0.0.1', () => process.send({ port: http.address().port }))
  process.on('message', async () => process.send({ profile: await end() }))
}

async function flood() {
  const client = createClient({ url: `http://127.0.0.1:${port}/realtime`, queue: { messages: 4 * ahead } })
  await client.ready()
  const up = client.channel('up')
  let sent = 0
  let settled = 0
  const settle = () => {
    settled++
  }
  async function run(count) {
    for (const until = sent + count; sent < until; sent += Number(burst)) {
      for (let i = 0; i < burst; i++) up.publish('e', { text: 'hello' }).then(settle)
      do await new Promise(setImmediate)
      while (sent - settled > ahead)
    }
    await client.flush()
  }
  await run(warm)
  await begin()
  const begun = performance.now()
  await run(measured)
  const perSecond = (measured * 1_000) / (performance.now() - begun)
  process.send({ perSecond, profile: await end() })
  client.close()
}

await (role === 'server' ? serve() : flood())
