import { each, pause, withPair } from '../lib/bench.mjs'
import { now } from '../lib/events.mjs'
import { atLeast, atMost } from '../lib/numbers.mjs'

const rules = { resetAfter: 1_500, fail: { percent: 20, how: [502, 504, 'cut', 'reset'] } }
const [downRate, upRate] = [50, 20]

export default {
  name: 'hostile',
  title: 'A hostile proxy',
  quiet: true,
  about: `Every WebSocket is reset 1.5 s after its handshake, and 20 % of the HTTP requests fail (502, answer lost, answer cut, reset; the same dice
for all). 50 numbered messages a second down, 20 up, 20 ms round trip, for 10 s; what arrives up to 3 s after the end counts. Longest
silence: between two events at the client.`,
  async run({ adapters, proxy, quick }) {
    const time = quick ? 5_000 : 10_000
    const results = await each(adapters, quick ? 9 : 5, ({ name }) =>
      withPair({ name, proxy, link: { rtt: 20 } }, async ({ server, client, link, port }) => {
        await client.ask('open', { port, acknowledged: false })
        await pause(1_000)
        await client.ask('count', { keep: true })
        await server.ask('count', { keep: true })
        await link.set(rules)
        await link.cutWebSockets()
        const begun = now()
        await server.ask('feed', { perSecond: downRate })
        await client.ask('feed', { perSecond: upRate })
        await pause(time)
        const sent = { down: await server.ask('stopFeed'), up: await client.ask('stopFeed') }
        await pause(3_000)
        const arrived = { down: (await client.ask('arrivals')).kept, up: (await server.ask('arrivals')).kept }
        const share = (way) => Math.round((100 * new Set(arrived[way].map(({ n }) => n)).size) / sent[way])
        const doubled = (way) => arrived[way].length - new Set(arrived[way].map(({ n }) => n)).size
        const times = [begun, ...arrived.down.map(({ at }) => at), begun + time]
        const silence = Math.max(...times.slice(1).map((at, i) => at - times[i]))
        return {
          down: share('down'),
          up: share('up'),
          doubled: doubled('down') + doubled('up'),
          silence: Math.round(silence),
        }
      }),
    )
    const keys = ['down', 'up', 'doubled', 'silence']
    const [own] = results
    return {
      tables: [
        {
          columns: ['delivered down, %', 'up, %', 'doubled', 'longest silence, ms'],
          rows: adapters.map(({ label }, i) => ({ label, cells: keys.map((key) => results[i]?.[key] ?? null) })),
        },
      ],
      goals: [
        atLeast('hostile proxy: delivered down', own?.down, 100, '%'),
        atLeast('hostile proxy: delivered up', own?.up, 100, '%'),
        atMost('hostile proxy: longest silence', own?.silence, 1_000, 'ms'),
      ],
    }
  },
}
