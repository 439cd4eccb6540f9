import { withPair } from '../lib/bench.mjs'
import { atLeast, atMost, median, summary } from '../lib/numbers.mjs'
import { loadAdapters } from '../lib/registry.mjs'

const bursts = { 'by the tick': 20, 'one by one': 1 }
/** Ahead of the reader at most: less than any peer's buffers, everwire's history and its queue hold. */
const windows = { down: 4_000, up: 1_000 }

async function flood(pair, direction, burst, ms) {
  const [from, to] = direction === 'down' ? [pair.server, pair.client] : [pair.client, pair.server]
  await to.ask('count', { credit: windows[direction] / 4 })
  await pair.client.ask('markCpu')
  const { sent, startedAt } = await from.ask('flood', { ms, burst, window: windows[direction] })
  const endedAt = await to.ask('reached', { count: sent }, 20_000)
  return { perSecond: (sent * 1000) / (endedAt - startedAt), cpu: (await pair.client.ask('cpu')) / sent }
}

/** Holds a pair open for each adapter, so that their runs can be interleaved. */
async function withAll(adapters, run, pairs = []) {
  const [adapter, ...others] = adapters
  if (!adapter) return run(pairs)
  await withPair({ name: adapter.name }, async (pair) => {
    await pair.client.ask('open', { port: pair.port, transport: 'websocket' })
    await withAll(others, run, [...pairs, { ...pair, adapter, runs: {} }])
  })
}

export default {
  name: 'throughput',
  title: 'Throughput and the CPU of a client',
  about: `One client, one server, a process each, the standard event as fast as it goes; the sender is never more than 4,000 (down) or
1,000 (up) messages ahead. By the tick: 20 messages per turn of the event loop; one by one: one per turn. CPU is user and system time of the
client's process, per message. Up, everwire, faye, phoenix and centrifuge acknowledge each message; the others, and everwire's
volatile sends, do not. Multiples are of raw \`ws\` with JSON.parse in the same round, the runs interleaved.`,
  async run({ adapters, quick }) {
    const rounds = quick ? 1 : 5
    const ms = quick ? 200 : 700
    const measured = adapters.some(({ name }) => name === 'everwire')
      ? [...adapters, ...(await loadAdapters(['everwire-volatile']))]
      : adapters
    const kinds = Object.keys(bursts).flatMap((way) => ['down', 'up'].map((direction) => ({ way, direction })))
    const result = {}
    await withAll(measured, async (pairs) => {
      for (let round = -1; round < rounds; round++) {
        for (const { way, direction } of kinds) {
          for (const pair of pairs) {
            if (direction === 'down' && pair.name === 'everwire-volatile') continue
            const key = `${direction}, ${way}`
            const one = await flood(pair, direction, bursts[way], round < 0 ? ms / 2 : ms).catch((error) => {
              console.error(`  ${pair.name}, ${key}: ${error.message}`)
            })
            result[pair.name] ??= {}
            result[pair.name][key] ??= []
            if (round >= 0 && one) result[pair.name][key].push(one) // the first round is to get warm
          }
        }
      }
    })
    const figures = (name, key, what) => (result[name]?.[key] ?? []).map((one) => one[what])
    const against = (name, key, what) => median(figures(name, key, what)) / median(figures('ws', key, what))
    const keys = kinds.map(({ way, direction }) => `${direction}, ${way}`)
    const cells = (name, what, digits) =>
      keys.flatMap((key) => {
        const all = figures(name, key, what)
        return all.length ? [summary(all, digits), Number(against(name, key, what).toFixed(2))] : [null, null]
      })
    const columns = (unit) => keys.flatMap((key) => [`${key}, ${unit}`, '× ws'])
    const rows = (what, digits) => measured.map(({ name, label }) => ({ label, cells: cells(name, what, digits) }))
    const tick = (direction) => `${direction}, by the tick`
    return {
      tables: [
        { title: 'Messages per second', columns: columns('1/s'), rows: rows('perSecond', 0) },
        { title: 'CPU of the client per message', columns: columns('µs'), rows: rows('cpu', 2) },
      ],
      goals: [
        atLeast('throughput down against raw `ws`', against('everwire', tick('down'), 'perSecond'), 1.5, '×'),
        atLeast('throughput up against raw `ws`', against('everwire', tick('up'), 'perSecond'), 3, '×'),
        atLeast('the same, volatile', against('everwire-volatile', tick('up'), 'perSecond'), 3, '×'),
        atMost('client CPU per received message against raw `ws`', against('everwire', tick('down'), 'cpu'), 0.8, '×'),
        atMost('client CPU per sent message against raw `ws`', against('everwire', tick('up'), 'cpu'), 0.8, '×'),
        atMost('the same, volatile', against('everwire-volatile', tick('up'), 'cpu'), 0.8, '×'),
      ],
    }
  },
}
