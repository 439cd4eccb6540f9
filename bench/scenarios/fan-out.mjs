import { each, pause, withPair } from '../lib/bench.mjs'
import { hello, now } from '../lib/events.mjs'
import { atMost, median, summary } from '../lib/numbers.mjs'

export default {
  name: 'fan-out',
  title: 'One event to many clients',
  about: `Clients of one kind in one process, all on the channel over WebSocket; the server publishes the standard event, and the next one
when everybody has it. CPU is that of the server's process, user and system time per delivery; the time to the last client includes the
clients' own work on the same machine, and 500 clients in one process are slower than one, whose code is warm. Servers that are stubs are
left out.`,
  async run({ adapters, quick }) {
    const clients = quick ? 100 : 500
    const events = quick ? 30 : 200
    const servers = adapters.filter(({ stub }) => !stub)
    const runs = new Map(servers.map(({ name }) => [name, { cpu: [], took: [] }]))
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      await each(servers, 1, ({ name }) =>
        withPair({ name }, async ({ server, client, port }) => {
          await client.ask('open', { port, transport: 'websocket', count: clients })
          await pause(500)
          let total = 0
          await client.ask('count', {})
          const deliver = async () => {
            const begun = now()
            await server.ask('publish', { data: hello })
            total += clients
            return (await client.ask('reached', { count: total }, 10_000)) - begun
          }
          for (let i = 0; i < events / 2; i++) await deliver() // to get warm
          await server.ask('markCpu')
          for (let i = 0; i < events; i++) runs.get(name).took.push(await deliver())
          runs.get(name).cpu.push((await server.ask('cpu')) / (events * clients))
        }),
      )
    }
    const cpuOf = (name) => median(runs.get(name)?.cpu ?? [])
    return {
      tables: [
        {
          title: `${clients} clients`,
          columns: ['server CPU per delivery, µs', 'until the last has it, ms'],
          rows: servers.map(({ name, label }) => {
            const { cpu, took } = runs.get(name)
            return { label, cells: [summary(cpu, 2), summary(took, 1)] }
          }),
        },
      ],
      goals: [atMost('server CPU per delivery against raw `ws`', cpuOf('everwire') / cpuOf('ws'), 1, '×')],
    }
  },
}
