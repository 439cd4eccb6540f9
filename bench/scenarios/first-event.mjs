import { each, withPair } from '../lib/bench.mjs'
import { hello } from '../lib/events.mjs'
import { atMost, median, summary } from '../lib/numbers.mjs'

const modes = {
  clean: {},
  'refused (403)': { upgrade: 403 },
  stripped: { upgrade: 'strip' },
  hanging: { upgrade: 'hang' },
  'opened, then silent': { silent: 'both' },
}

/** One client after the other, each on a link of its own, all modes in turn. */
async function measure({ name, fallback }, proxy, rtt, repeats, limit) {
  const runs = Object.fromEntries(Object.keys(modes).map((mode) => [mode, []]))
  const once = async ({ client, own }, rules, patience) => {
    const link = await proxy.open(own, { rtt, ...rules })
    const took = await client.ask('first', { port: link.port, limit: patience })
    const { connections, requests, upgrades, bytes } = await link.stats()
    await link.close()
    return { took, connections, requests: requests + upgrades, bytes: bytes.up + bytes.down }
  }
  await withPair({ name, server: { greeting: hello } }, async (pair) => {
    for (let i = 0; i < 2; i++) await once(pair, {}, limit) // the process gets warm
    for (let i = 0; i < repeats; i++) {
      for (const [mode, rules] of Object.entries(modes)) {
        if (mode !== 'clean' && !fallback) continue
        // what never came is not waited for again
        if (runs[mode].some(({ took }) => took === null)) continue
        runs[mode].push(await once(pair, rules, limit))
      }
    }
  })
  return runs
}

const times = (runs, limit) => {
  if (runs.length === 0) return 'never'
  const taken = runs.map(({ took }) => took)
  return taken.includes(null) ? `> ${limit / 1000} s` : summary(taken)
}

export default {
  name: 'first-event',
  title: 'First event',
  about: `From the making of a client to its first event, ms; its process is warm, its connections are cold, and a new TCP connection
costs one round trip as its handshake would. Every server sends the last event to whoever joins, by its own means: everwire with
\`rewind: 1\`, the others when the connection or the subscription is there. Clients without a fallback never see it when WebSocket is blocked.
The round trips are the best run on the clean network, in whole ones; connections, requests (upgrades among
them) and bytes (headers included, both ways) are those up to the moment of the first event on the clean network, median.`,
  async run({ adapters, proxy, quick }) {
    const limit = quick ? 3_500 : 8_000
    const [slow, fast] = [100, 0]
    const slowRuns = await each(adapters, 3, (adapter) => measure(adapter, proxy, slow, quick ? 1 : 5, limit))
    const fastRuns = await each(adapters, 3, (adapter) => measure(adapter, proxy, fast, quick ? 1 : 3, limit))
    const medians = (runs, key) => median(runs.map((one) => one[key] ?? limit))
    const timed = (all) =>
      adapters.map(({ label }, i) => ({
        label,
        cells: Object.keys(modes).map((mode) => all[i] && times(all[i][mode], limit)),
      }))
    const cost = adapters.map(({ label }, i) => {
      const clean = slowRuns[i]?.clean
      if (!clean) return { label, cells: [null, null, null, null] }
      // what the machine adds is less than a round trip in the best of the runs
      const trips = Math.floor(Math.min(...clean.map(({ took }) => took ?? limit)) / slow)
      const counted = ['connections', 'requests', 'bytes'].map((key) => Math.round(medians(clean, key)))
      return { label, cells: [trips, ...counted] }
    })
    const own = slowRuns[0]
    return {
      tables: [
        { title: `${slow} ms round trip`, columns: Object.keys(modes), rows: timed(slowRuns) },
        { title: `${fast} ms round trip`, columns: Object.keys(modes), rows: timed(fastRuns) },
        { title: 'What it costs', columns: ['round trips', 'connections', 'requests', 'bytes'], rows: cost },
      ],
      goals: Object.keys(modes).map((mode) =>
        atMost(`first event, 100 ms round trip, ${mode}`, own && medians(own[mode], 'took'), 250, 'ms'),
      ),
    }
  },
}
