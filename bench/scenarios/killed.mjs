import { each, pause, withPair } from '../lib/bench.mjs'
import { now } from '../lib/events.mjs'
import { atMost } from '../lib/numbers.mjs'

const ways = { 'then refused': { upgrade: 403 }, 'then hanging': { upgrade: 'hang' } }

export default {
  name: 'killed',
  title: 'WebSocket killed for good',
  quiet: true,
  about: `50 numbered events a second, 20 ms round trip. In mid-stream the proxy resets every WebSocket, and refuses or hangs every upgrade from then
on. From the reset to the next event, ms, and how many events never came.`,
  async run({ adapters, proxy, quick }) {
    const after = quick ? 4_000 : 12_000
    const cases = adapters.flatMap(({ name, label }) => Object.keys(ways).map((way) => ({ name, label, way })))
    const results = await each(cases, quick ? 9 : 6, ({ name, way }) =>
      withPair({ name, proxy, link: { rtt: 20 } }, async ({ server, client, link, port }) => {
        await client.ask('open', { port })
        await server.ask('feed', { perSecond: 50 })
        await pause(2_000)
        await client.ask('count', { keep: true })
        await pause(500)
        await link.set(ways[way])
        await link.cutWebSockets()
        const cutAt = now()
        await pause(after)
        const last = await server.ask('stopFeed')
        await pause(1_000)
        const { kept } = await client.ask('arrivals')
        const back = kept.find(({ at }) => at > cutAt + 5)
        const seen = new Set(kept.map(({ n }) => n))
        const expected = last - kept[0].n + 1
        return {
          took: back ? Math.round(back.at - cutAt) : `> ${after / 1000} s`,
          lost: back ? expected - seen.size : 'all',
          doubled: kept.length - seen.size,
        }
      }),
    )
    const cells = (label) =>
      cases.flatMap((one, i) => (one.label === label ? [results[i]?.took ?? null, results[i]?.lost ?? null] : []))
    const [refused, hanging] = results
    return {
      tables: [
        {
          columns: Object.keys(ways).flatMap((way) => [`${way}, ms`, 'lost']),
          rows: adapters.map(({ label }) => ({ label, cells: cells(label) })),
        },
      ],
      goals: [
        atMost('WebSocket killed for good, then refused: events flow again', refused?.took, 600, 'ms'),
        atMost('WebSocket killed for good, then hanging: events flow again', hanging?.took, 600, 'ms'),
        atMost('WebSocket killed for good: lost or doubled', sum(refused) + sum(hanging), 0),
      ],
    }
  },
}

const sum = (one) => (one ? Number(one.lost) + one.doubled : Number.NaN)
