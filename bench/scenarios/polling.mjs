import { each, pause, withPair } from '../lib/bench.mjs'
import { atMost, median, quantile } from '../lib/numbers.mjs'

const perSecond = 100

export default {
  name: 'polling',
  title: 'Long-polling at 100 events a second',
  about: `One client that may use HTTP only, no latency, 100 numbered events a second. Requests and bytes (both ways, headers included) per event
delivered; latency from publish to listener. Headers are those of Node's fetch or http; a browser's are longer, for everybody. Each
adapter's HTTP connections are kept alive. centrifuge does not poll: its fallback is one streaming response.`,
  async run({ adapters, proxy, quick }) {
    const seconds = quick ? 2 : 6
    const able = adapters.filter(({ fallback }) => fallback)
    const rows = await each(able, quick ? 4 : 2, ({ name, label }) =>
      withPair({ name, proxy, link: {} }, async ({ server, client, link, port }) => {
        await client.ask('open', { port, transport: 'polling' })
        await server.ask('feed', { perSecond })
        await pause(1_000)
        await client.ask('count', { keep: true })
        const before = await link.stats()
        await pause(seconds * 1_000)
        const after = await link.stats()
        const { count, kept } = await client.ask('arrivals')
        const sentAt = await server.ask('sentAt')
        const late = kept.map(({ n, at }) => at - sentAt[n])
        const per = (n, digits) => Number((n / count).toFixed(digits))
        return {
          label,
          cells: [
            per(after.requests - before.requests, 2),
            per(after.bytes.up - before.bytes.up, 0),
            per(after.bytes.down - before.bytes.down, 0),
            Number(median(late).toFixed(1)),
            Number(quantile(late, 0.95).toFixed(1)),
          ],
        }
      }),
    )
    const [requests, up, down, p50] = rows[0]?.cells ?? []
    return {
      tables: [
        {
          columns: ['requests per event', 'B up per event', 'B down per event', 'p50, ms', 'p95, ms'],
          rows: rows.filter(Boolean),
        },
      ],
      goals: [
        atMost('long-polling at 100 events/s: requests per event', requests, 0.3),
        atMost('long-polling at 100 events/s: bytes per event, headers included', up + down, 200, 'B'),
        atMost('long-polling at 100 events/s: p50', p50, 40, 'ms'),
      ],
    }
  },
}
