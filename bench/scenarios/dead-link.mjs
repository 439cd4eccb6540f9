import { each, pause, withPair } from '../lib/bench.mjs'
import { now } from '../lib/events.mjs'
import { atMost } from '../lib/numbers.mjs'

export default {
  name: 'dead-link',
  title: 'Dead link',
  quiet: true,
  about: `2 numbered events a second over WebSocket. Then the connection goes dead as behind a NAT that forgot it: nothing is delivered any more,
nobody is told, new connections work. From there to the next event, and how many of the events in between never came.`,
  async run({ adapters, proxy, quick }) {
    const limit = quick ? 6_000 : 60_000
    const results = await each(adapters, adapters.length, ({ name }) =>
      withPair({ name, proxy, link: {} }, async ({ server, client, link, port }) => {
        await client.ask('open', { port })
        await server.ask('feed', { perSecond: 2 })
        await pause(8_000)
        await client.ask('count', { keep: true })
        await pause(1_200)
        await link.silence()
        const deadAt = now()
        const before = (await client.ask('arrivals')).count
        await client.ask('reached', { count: before + 1 }, limit).catch(() => {})
        await pause(1_000)
        const { kept } = await client.ask('arrivals')
        const back = kept[before]
        if (!back) return { took: `> ${limit / 1000} s`, lost: '–' }
        const numbers = kept.map(({ n }) => n)
        const expected = numbers.at(-1) - numbers[0] + 1
        return { took: Number(((back.at - deadAt) / 1000).toFixed(1)), lost: expected - new Set(numbers).size }
      }),
    )
    return {
      tables: [
        {
          columns: ['until the next event, s', 'lost'],
          rows: adapters.map(({ label }, i) => ({
            label,
            cells: [results[i]?.took ?? null, results[i]?.lost ?? null],
          })),
        },
      ],
      goals: [atMost('dead link replaced, events at 2/s', results[0]?.took, 3, 's')],
    }
  },
}
