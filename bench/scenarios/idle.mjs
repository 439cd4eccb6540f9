import { each, pause, withPair } from '../lib/bench.mjs'

export default {
  name: 'idle',
  title: 'Idle',
  quiet: true,
  about: `One client that has joined and to which nothing happens, over WebSocket (as it comes) and over HTTP only. Wake-ups are moments with any traffic, at least
200 ms apart; bytes are both ways, without TCP's own. Extrapolated from one measured minute, so a heartbeat of 25 s counts as 120 or
180 an hour; a minute is short for it.`,
  async run({ adapters, proxy, quick }) {
    const seconds = quick ? 10 : 60
    const cases = adapters.flatMap(({ name, label, fallback }) => [
      { name, label, transport: undefined },
      ...(fallback ? [{ name, label, transport: 'polling' }] : []),
    ])
    const results = await each(cases, cases.length, ({ name, transport }) =>
      withPair({ name, proxy, link: {} }, async ({ client, link, port }) => {
        await client.ask('open', { port, transport })
        await pause(4_000)
        await link.watch()
        const before = await link.stats()
        await pause(seconds * 1_000)
        const after = await link.stats()
        const bytes = after.bytes.up + after.bytes.down - before.bytes.up - before.bytes.down
        const hourly = 3_600 / seconds
        return [Math.round((after.wakes - before.wakes) * hourly), Math.round(bytes * hourly)]
      }),
    )
    const at = (name, transport) => results[cases.findIndex((one) => one.name === name && one.transport === transport)]
    return {
      tables: [
        {
          columns: ['WebSocket: wake-ups per hour', 'bytes per hour', 'HTTP: wake-ups per hour', 'bytes per hour'],
          rows: adapters.map(({ name, label }) => ({
            label,
            cells: [...(at(name, undefined) ?? [null, null]), ...(at(name, 'polling') ?? [null, null])],
          })),
        },
      ],
    }
  },
}
