import { each, pause, withPair } from '../lib/bench.mjs'
import { hello } from '../lib/events.mjs'
import { atMost } from '../lib/numbers.mjs'

/** Offsets grow: everwire's, centrifuge's and socket.io's recovery ids too. The bytes of the first hundred, one at a time. */
const events = 100

export default {
  name: 'bytes',
  title: 'Bytes on the wire for one event',
  about: `Event \`e\` = \`{"text":"hello"}\` on channel \`lab\` from the server to one client, WebSocket framing included: the
mean of ${events} events sent one by one, so that nothing is batched. everwire's frame holds the offset: 36 B up to offset 9, 38 B up to 999,
one more for each further digit. Peers without channels or event names carry the data alone.`,
  async run({ adapters, proxy }) {
    const sizes = await each(adapters, 3, ({ name }) =>
      withPair({ name, proxy, link: {} }, async ({ server, client, link, port }) => {
        await client.ask('open', { port, transport: 'websocket' })
        await pause(300)
        await client.ask('count', {})
        const before = (await link.stats()).bytes.down
        for (let i = 1; i <= events; i++) {
          await server.ask('publish', { data: hello })
          await client.ask('reached', { count: i }, 5_000)
        }
        return ((await link.stats()).bytes.down - before) / events
      }),
    )
    return {
      tables: [
        {
          columns: ['bytes per event'],
          rows: adapters.map(({ label }, i) => ({ label, cells: [sizes[i] && Number(sizes[i].toFixed(1))] })),
        },
      ],
      goals: [atMost('bytes on the wire for the standard event', sizes[0], 38, 'B')],
    }
  },
}
