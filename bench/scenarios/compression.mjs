import { each, pause, withPair } from '../lib/bench.mjs'
import { hello } from '../lib/events.mjs'
import { loadAdapters } from '../lib/registry.mjs'

/** A kilobyte as applications send it: names that repeat, values that do not. */
const rows = (seed) =>
  Array.from({ length: 12 }, (_, i) => {
    const n = (seed * 7_919 + i * 104_729) % 1_000_003
    return { id: `u${n.toString(36)}`, name: `player ${n}`, score: n % 997, online: n % 3 === 0 }
  })
const payloads = { 'the standard event': () => hello, 'a list of 1 kB': (i) => ({ rows: rows(i) }) }

/** Bytes, the server's CPU and its memory for events to some clients. */
const measure = (name, payload, clients, events, proxy) =>
  withPair({ name, proxy, link: {} }, async ({ server, client, link, port, own }) => {
    await client.ask('open', { port: own, transport: 'websocket', count: 20 })
    await pause(300)
    const before = await server.ask('memory')
    await client.ask('open', { port: own, transport: 'websocket', count: clients })
    await client.ask('open', { port, transport: 'websocket' })
    const all = clients + 21
    let total = 0
    await client.ask('count', {})
    const deliver = async (i) => {
      await server.ask('publish', { data: payload(i) })
      total += all
      await client.ask('reached', { count: total }, 20_000)
    }
    for (let i = 0; i < events; i++) await deliver(i)
    const { heap, rss } = await server.ask('memory')
    const sent = (await link.stats()).bytes.down
    await server.ask('markCpu')
    for (let i = 0; i < events; i++) await deliver(i)
    const cpu = (await server.ask('cpu')) / (events * all)
    const bytes = ((await link.stats()).bytes.down - sent) / events
    return { bytes, cpu, heap: (heap - before.heap) / clients, rss: (rss - before.rss) / clients }
  })

export default {
  name: 'compression',
  title: 'What permessage-deflate would do',
  about: `Raw \`ws\` with and without it, one event to 220 clients: bytes of an event on the wire, CPU of the server per delivery, and what a
client costs the server in memory after the first hundred events. everwire's server does without: the bytes are the network's, the CPU and the
memory are multiplied by the clients, and a message that is serialised once for all would be compressed once for each.`,
  async run({ proxy, quick }) {
    const [clients, events] = quick ? [50, 30] : [200, 100]
    const adapters = await loadAdapters(['ws', 'ws-deflate', 'ws-deflate-fresh'])
    const tables = []
    for (const [title, payload] of Object.entries(payloads)) {
      const figures = await each(adapters, 1, ({ name }) => measure(name, payload, clients, events, proxy))
      tables.push({
        title,
        columns: ['bytes', 'server CPU per delivery, µs', 'heap per client, kB', 'resident, kB'],
        rows: adapters.map(({ label }, i) => {
          const { bytes, cpu, heap, rss } = figures[i] ?? {}
          const round = (n, digits) => (n === undefined ? null : Number(n.toFixed(digits)))
          return { label, cells: [round(bytes, 0), round(cpu, 1), round(heap / 1000, 1), round(rss / 1000, 1)] }
        }),
      })
    }
    return { tables }
  },
}
