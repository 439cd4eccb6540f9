import { each, pause, startServer } from '../lib/bench.mjs'
import { startChild } from '../lib/process.mjs'

export default {
  name: 'restart',
  title: 'A server restarts under many clients',
  about: `Clients of one kind in one process, all on the channel, transports as they come. The server's process is killed and another one started on the
same port, which takes a part of a second; it publishes four events a second. From the moment the new one listens to the moment a client
hears its first event again: the median client, the last one, and how many came back within 30 s. All of it on one machine, so that clients
and server compete for its cores. ws and sockjs do not reconnect by themselves.`,
  async run({ adapters, quick, clients: asked }) {
    const count = asked ?? (quick ? 100 : 2_000)
    const limit = quick ? 8_000 : 30_000
    const able = adapters.filter(({ reconnects }) => reconnects)
    const rows = await each(able, quick ? 2 : 1, async ({ name, label }) => {
      let ready
      const started = new Promise((resolve) => {
        ready = resolve
      })
      const client = startChild('./host.mjs', [name, 'client'], (notice) => notice === 'ready' && ready())
      await started
      let server = await startServer(name, {})
      try {
        const { port } = server
        await client.ask('openWatched', { port, count }, 60_000)
        await pause(quick ? 1_000 : 3_000)
        await server.host.kill()
        await client.ask('forgetHeard')
        server = await startServer(name, { port })
        const begun = await server.host.ask('feed', { perSecond: 4 })
        let heard = []
        for (let waited = 0; waited < limit && heard.length < count; waited += 250) {
          await pause(250)
          heard = await client.ask('heard')
        }
        const late = heard.map((at) => at - begun).sort((a, b) => a - b)
        const s = (ms) => (ms === undefined ? null : Number((ms / 1000).toFixed(1)))
        return { label, cells: [s(late[late.length >> 1]), s(late.at(-1)), `${heard.length} of ${count}`] }
      } finally {
        await Promise.all([client.kill(), server.host.kill()])
      }
    })
    return {
      tables: [
        {
          title: `${count.toLocaleString('en')} clients`,
          columns: ['median, s', 'last, s', 'came back'],
          rows: rows.filter(Boolean),
        },
      ],
    }
  },
}
