import { each, pause, startServer } from '../lib/bench.mjs'
import { atMost } from '../lib/numbers.mjs'
import { startChild } from '../lib/process.mjs'

const s = (ms) => (ms === undefined ? null : Number((ms / 1000).toFixed(1)))

/** How late the clients of one adapter hear again, s. */
async function restart({ name, label }, count, quick) {
  const limit = quick ? 8_000 : 30_000
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
    return {
      label,
      count,
      median: s(late[late.length >> 1]),
      last: late.length < count ? null : s(late.at(-1)),
      back: heard.length,
    }
  } finally {
    await Promise.all([client.kill(), server.host.kill()])
  }
}

export default {
  name: 'restart',
  title: 'A server restarts under many clients',
  about: `Clients of one kind in one process, all on the channel, transports as they come. The server's process is killed and another one started on the
same port, which takes a part of a second; it publishes four events a second. From the moment the new one listens to the moment a client
hears its first event again: the median client, the last one, and how many came back within 30 s. All of it on one machine, so that clients
and server compete for its cores. ws and sockjs do not reconnect by themselves.`,
  async run({ adapters, quick, clients: asked }) {
    const count = asked ?? (quick ? 100 : 2_000)
    const able = adapters.filter(({ reconnects }) => reconnects)
    const rows = await each(able, quick ? 2 : 1, (adapter) => restart(adapter, count, quick))
    const [own] = adapters.filter(({ name }) => name === 'everwire')
    const crowd = quick || asked || !own ? undefined : await restart(own, 5_000, false)
    const row = ({ label, median, last, back, count }) => ({ label, cells: [median, last, `${back} of ${count}`] })
    return {
      tables: [
        {
          title: `${count.toLocaleString('en')} clients`,
          columns: ['median, s', 'last, s', 'came back'],
          rows: [...rows, crowd && { ...crowd, label: `${crowd.label}, 5,000 clients` }].filter(Boolean).map(row),
        },
      ],
      goals: crowd ? [atMost('5,000 clients are back after a restart', crowd.last, 5, 's')] : [],
    }
  },
}
