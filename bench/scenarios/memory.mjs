import { each, pause, withPair } from '../lib/bench.mjs'
import { atMost } from '../lib/numbers.mjs'

const kB = (bytes) => Number((bytes / 1000).toFixed(1))

/** Bytes per client on the server, heap and resident. */
const perClient = (name, transport, count) =>
  withPair({ name }, async ({ server, client, port }) => {
    // what is loaded and compiled with the first clients is not theirs
    await client.ask('open', { port, transport, count: 20 })
    await pause(300)
    const before = await server.ask('memory')
    await client.ask('open', { port, transport, count })
    await pause(1_000)
    const after = await server.ask('memory')
    return { heap: (after.heap - before.heap) / count, rss: (after.rss - before.rss) / count }
  })

/** The heap of a client after so many messages. */
const growth = (name, steps) =>
  withPair({ name }, async ({ server, client, port }) => {
    await client.ask('open', { port, transport: 'websocket' })
    const heaps = []
    let total = 0
    await client.ask('count', { credit: 1_000 })
    for (const step of steps) {
      const { sent } = await server.ask('flood', { count: step - total, burst: 20, window: 4_000, base: total })
      total += sent
      await client.ask('reached', { count: total }, 60_000)
      heaps.push((await client.ask('memory')).heap)
    }
    return heaps
  })

export default {
  name: 'memory',
  title: 'Memory',
  about: `On the server: heap (with external buffers, after a collection) and resident size that one more idle client costs, over WebSocket and
as a parked poll, on one channel, nothing published; the sockets of the operating system are not in it. Of a client: its heap after a number of
standard events, a collection before each look: it must not grow. Servers that are stubs are left out.`,
  async run({ adapters, quick }) {
    const count = quick ? 200 : 1_000
    const steps = quick ? [10_000, 50_000] : [100_000, 1_000_000]
    const servers = adapters.filter(({ stub }) => !stub)
    const websocket = await each(servers, quick ? 3 : 1, ({ name }) => perClient(name, 'websocket', count))
    const polling = await each(
      servers,
      quick ? 3 : 1,
      ({ name, fallback }) => fallback && perClient(name, 'polling', count),
    )
    const grown = adapters.filter(({ name }) => ['everwire', 'ws', 'socketio'].includes(name))
    const heaps = await each(grown, 1, ({ name }) => growth(name, steps))
    const own = servers.findIndex(({ name }) => name === 'everwire')
    const goal = (what, all, bound) => atMost(what, own < 0 ? undefined : kB(all[own]?.heap), bound, 'kB')
    const both = (one) => (one ? [kB(one.heap), kB(one.rss)] : [null, null])
    return {
      tables: [
        {
          title: `${count.toLocaleString('en')} clients, kB each`,
          columns: ['WebSocket: heap', 'resident', 'poll: heap', 'resident'],
          rows: servers.map(({ label }, i) => ({ label, cells: [...both(websocket[i]), ...both(polling[i])] })),
        },
        {
          title: 'Heap of a client, kB',
          columns: steps.map((step) => `after ${step.toLocaleString('en')} events`),
          rows: grown.map(({ label }, i) => ({ label, cells: (heaps[i] ?? steps.map(() => null)).map(kB) })),
        },
      ],
      goals: [
        goal('heap of an idle WebSocket on the server', websocket, 12),
        goal('heap of a parked poll on the server', polling, 10),
      ],
    }
  },
}
