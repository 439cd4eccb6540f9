import { each, pause, withPair } from '../lib/bench.mjs'
import { atMost, median, quantile } from '../lib/numbers.mjs'

const [perSecond, rtt] = [50, 100]
const ms = (n) => (Number.isFinite(n) ? Math.round(n) : 'not in time')

export default {
  name: 'acknowledged',
  title: 'Acknowledged sends',
  about: `50 sends a second at a round trip of 100 ms. At the server: from the call to the server's code, which takes 50 ms at least. Acknowledged:
from the call to the promise's end, which takes 100 ms at least; what has no answer 20 s after the last send counts as infinitely late.
ws, partysocket and sockjs acknowledge nothing; socket.io does where it is asked to (\`emitWithAck\`).`,
  async run({ adapters, proxy, quick }) {
    const seconds = quick ? 2 : 4
    const able = adapters.filter(({ acknowledges }) => acknowledges)
    const cases = able.flatMap(({ name, label }) =>
      ['websocket', 'polling'].map((transport) => ({ name, label, transport })),
    )
    const rows = await each(cases, quick ? 7 : 4, ({ name, label, transport }) =>
      withPair({ name, proxy, link: { rtt } }, async ({ server, client, port }) => {
        await client.ask('open', { port, transport, acknowledged: true })
        await pause(1_000)
        await server.ask('count', { keep: true })
        await client.ask('feed', { perSecond })
        await pause(seconds * 1_000)
        const sent = await client.ask('stopFeed')
        let acks = []
        for (let i = 0; i < (quick ? 12 : 80); i++) {
          acks = await client.ask('acks')
          if (acks.every(({ took, failed }) => took !== undefined || failed)) break
          await pause(250)
        }
        const took = acks.map((ack) => ack.took ?? Number.POSITIVE_INFINITY)
        const { kept } = await server.ask('arrivals')
        const sentAt = await client.ask('sentAt')
        const late = kept.map(({ n, at }) => at - sentAt[n])
        return {
          label: `${label}, ${transport === 'websocket' ? 'WebSocket' : 'HTTP'}`,
          cells: [
            ms(median(late)),
            ms(quantile(late, 0.95)),
            ms(median(took)),
            ms(quantile(took, 0.95)),
            `${new Set(kept.map(({ n }) => n)).size} of ${sent}`,
          ],
        }
      }),
    )
    const [own, http] = rows
    return {
      tables: [
        {
          columns: ['at the server: p50, ms', 'p95', 'acknowledged: p50, ms', 'p95', 'arrived'],
          rows: rows.filter(Boolean),
        },
      ],
      goals: [
        atMost('a send is at the server over WebSocket, 100 ms round trip: p50', own?.cells[0], 55, 'ms'),
        atMost('a send is acknowledged over HTTP, 100 ms round trip: p50', http?.cells[2], 160, 'ms'),
      ],
    }
  },
}
