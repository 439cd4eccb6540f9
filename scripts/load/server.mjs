/** The process under load: an everwire server, and beside it, on another port, what it is compared with: `ws` and nothing else. */
import { createServer } from 'node:http'
import { pathToFileURL } from 'node:url'
import { WebSocketServer } from 'ws'

const [dist] = process.argv.slice(2)
const { createRealtime } = await import(pathToFileURL(`${dist}/server.js`).href)

const raw = new WebSocketServer({ noServer: true, perMessageDeflate: false })
const received = { raw: 0, everwire: 0 }
const wanted = { raw: 0, everwire: 0 }
const unlimited = Number.POSITIVE_INFINITY
const realtime = createRealtime({
  channels: { 'room:{id}': { publish: () => ++received.everwire && true } },
  limits: { sendsPerSecond: unlimited, framesPerSecond: unlimited, unsettled: 1e6, unsettledBytes: 1e9 },
})

let cpuBefore = process.cpuUsage()
/** ms of CPU since the last call. */
function cpu() {
  const { user, system } = process.cpuUsage(cpuBefore)
  cpuBefore = process.cpuUsage()
  return (user + system) / 1000
}

async function listen(server) {
  server.listen(0, '0.0.0.0', 4_096)
  await new Promise((resolve) => server.once('listening', resolve))
  return server.address().port
}

const stamp = () => performance.timeOrigin + performance.now()
const turn = () => new Promise(setImmediate)

const work = {
  async listen() {
    const one = createServer()
    one.on('upgrade', (request, socket, head) =>
      raw.handleUpgrade(request, socket, head, (webSocket) => {
        raw.clients.add(webSocket)
        webSocket.on('message', (data) => {
          JSON.parse(data)
          received.raw++
        })
      }),
    )
    const other = createServer()
    realtime.attach(other, { path: '/realtime' })
    return { ports: { raw: await listen(one), everwire: await listen(other) } }
  },
  async measure() {
    for (let i = 0; i < 3; i++) {
      await turn()
      globalThis.gc()
    }
    const { heapUsed, external, rss } = process.memoryUsage()
    return { memory: heapUsed + external, resident: rss }
  },
  /** One event for each of so many channels that nobody reads. */
  async fill({ from, count }) {
    for (let i = 0; i < count; i++) await realtime.publish(`room:${from + i}`, 'message', { t: i, text: 'hello' })
  },
  stats: () => ({ stats: realtime.stats() }),
  cpu: () => ({ cpu: cpu() }),
  /** So many events per second, to one room after the other. */
  async publish({ rooms, perSecond, seconds }) {
    cpu()
    const begun = performance.now()
    let published = 0
    for (let passed = 0; passed < seconds * 1000; passed = performance.now() - begun) {
      while (published < (passed * perSecond) / 1000)
        void realtime.publish(`room:${published++ % rooms}`, 'message', { t: stamp(), text: 'hello' })
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return { published, cpu: cpu(), ms: performance.now() - begun }
  },
  /** Events to one room of `perRoom` after the other, `perTick` of them in one turn. */
  async broadcast({ kind, events, perTick, rooms, perRoom }) {
    const everyone = [...raw.clients]
    const readers = Array.from({ length: rooms }, (_, i) => everyone.slice(i * perRoom, (i + 1) * perRoom))
    cpu()
    for (let i = 0; i < events; i++) {
      const data = { t: stamp(), text: 'hello' }
      if (kind === 'everwire') void realtime.publish(`room:${i % rooms}`, 'message', data)
      else {
        const text = JSON.stringify({ event: 'message', data })
        for (const webSocket of readers[i % rooms]) webSocket.send(text)
      }
      if (i % perTick === perTick - 1) await turn()
    }
  },
  async received({ kind }) {
    wanted[kind] += 20_000
    while (received[kind] < wanted[kind]) await turn()
  },
}

process.on('message', async ({ call, what, ...more }) => process.send({ call, ...(await work[what](more)) }))
process.on('disconnect', () => process.exit())
