/**
 * Puts the built server under load, over loopback, from a second process, and prints what that costs.
 *
 *     npm run load                                                    10,000 WebSockets with 25,000 deliveries/s, 2,000 polls
 *     npm run load -- --connections 10000 --rate 25000 --seconds 10   WebSockets, and deliveries per second to them
 *     npm run load -- --polls 2000                                    parked polls
 *     npm run load -- --compare --pairs 10                            against raw ws, in interleaved pairs, medians
 *     npm run load -- --compare --only fan-out --node=--cpu-prof      one of these, with options for the server's node
 *
 * Memory is heap and external memory after a collection, divided by connections; CPU is that of the server's process.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '0' },
    polls: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '10' },
    compare: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    node: { type: 'string', default: '' },
  },
})
const { compare, only, node, ...texts } = values
const given = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number(text)]))

/** Readers of one channel. */
const perRoom = 10

/** Starts a process that does what it is told and answers. */
function start(name, args) {
  const child = fork(fileURLToPath(new URL(`load/${name}.mjs`, import.meta.url)), {
    execArgv: ['--expose-gc', ...args],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let calls = 0
  const ask = (what, more = {}) =>
    new Promise((resolve, reject) => {
      const call = ++calls
      const onExit = (code) => reject(new Error(`${name} ended with ${code}`))
      const onAnswer = (answer) => {
        if (answer.call !== call) return
        child.off('message', onAnswer).off('exit', onExit)
        resolve(answer)
      }
      child.on('message', onAnswer).on('exit', onExit)
      child.send({ call, what, ...more })
    })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.disconnect()
    await once(child, 'exit')
  }
  return { ask, stop }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]
const at = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} kB`

async function load(server, driver, { connections, polls, rate, seconds }) {
  const empty = await server.ask('measure')
  if (connections > 0) {
    await driver.ask('connect', { kind: 'everwire', port: server.ports.everwire, count: connections, perRoom })
    const full = await server.ask('measure')
    console.log(
      `${connections} idle WebSockets: ${kilobytes((full.memory - empty.memory) / connections)} each ` +
        `(resident ${kilobytes((full.resident - empty.resident) / connections)})`,
    )
  }
  const before = await server.ask('measure')
  if (polls > 0) {
    await driver.ask('poll', { port: server.ports.everwire, count: polls })
    const full = await server.ask('measure')
    console.log(
      `${polls} parked polls: ${kilobytes((full.memory - before.memory) / polls)} each ` +
        `(resident ${kilobytes((full.resident - before.resident) / polls)})`,
    )
  }
  if (rate > 0) {
    await driver.ask('sample')
    const rooms = Math.ceil(connections / perRoom)
    const { published, cpu, ms } = await server.ask('publish', { rooms, perSecond: rate / perRoom, seconds })
    const expected = published * Math.min(perRoom, connections)
    const { delivered, latencies } = await driver.ask('delivered', { kind: 'everwire', count: expected })
    const sorted = latencies.sort((a, b) => a - b)
    console.log(
      `${Math.round(delivered / (ms / 1000))} deliveries/s for ${(ms / 1000).toFixed(1)} s, ${delivered} of ${expected} delivered: ` +
        `p50 ${at(sorted, 0.5).toFixed(1)} ms, p99 ${at(sorted, 0.99).toFixed(1)} ms, max ${at(sorted, 1).toFixed(1)} ms, ` +
        `CPU ${((100 * cpu) / ms).toFixed(0)} %`,
    )
  }
  const { stats } = await server.ask('stats')
  console.log(`stats: ${JSON.stringify(stats)}`)
}

/** Rounds of the same work for raw `ws` and for everwire, in turns. Prints how many times better everwire is. */
async function rounds(title, pairs, round) {
  const seen = { raw: [], everwire: [] }
  for (const kind of ['raw', 'everwire']) await round(kind)
  for (let i = 0; i < pairs; i++)
    for (const kind of i % 2 ? ['raw', 'everwire'] : ['everwire', 'raw']) seen[kind].push(await round(kind))
  const ratio = (of) => median(seen.raw.map((raw, i) => of(raw) / of(seen.everwire[i])))
  const middle = (kind, of) => median(seen[kind].map(of)).toFixed(0)
  console.log(
    `${title}: ${ratio(({ ms }) => ms).toFixed(2)}× raw ws in time ` +
      `(${middle('raw', ({ ms }) => ms)} ms, everwire ${middle('everwire', ({ ms }) => ms)} ms), ` +
      `${ratio(({ cpu }) => cpu).toFixed(2)}× per CPU of the server ` +
      `(${middle('raw', ({ cpu }) => cpu)} ms, everwire ${middle('everwire', ({ cpu }) => cpu)} ms); medians of ${pairs} pairs`,
  )
}

async function against(server, driver, pairs) {
  async function connect(count) {
    for (const kind of ['raw', 'everwire'])
      await driver.ask('connect', { kind, port: server.ports[kind], count, perRoom: count })
  }
  const down = (count, events, perTick) => async (kind) => {
    await driver.ask('reset', { kind })
    const begun = performance.now()
    const sent = server.ask('broadcast', { kind, events, perTick })
    await driver.ask('delivered', { kind, count: count * events })
    const ms = performance.now() - begun
    const { cpu } = await sent.then(() => server.ask('cpu'))
    return { ms, cpu }
  }
  const up = (messages) => async (kind) => {
    await server.ask('cpu')
    const begun = performance.now()
    await driver.ask('send', { kind, messages })
    await server.ask('received', { kind })
    const ms = performance.now() - begun
    const { cpu } = await server.ask('cpu')
    return { ms, cpu }
  }
  const scenarios = {
    'fan-out': { title: '1 event to 1,000 WebSockets, 50 times', count: 1_000, round: down(1_000, 50, 1) },
    down: { title: '10,000 events to 8 WebSockets, 100 in a turn', count: 8, round: down(8, 10_000, 100) },
    up: { title: '20,000 publishes of 8 WebSockets', count: 8, round: up(20_000) },
  }
  for (const [name, { title, count, round }] of Object.entries(scenarios)) {
    if (only && only !== name) continue
    await connect(count)
    await rounds(`${name}, ${title}`, pairs, round)
    await driver.ask('disconnect')
  }
}

async function main() {
  await build({ ifStale: true })
  const server = start('server', node.split(' ').filter(Boolean))
  const driver = start('driver', [])
  try {
    server.ports = (await server.ask('listen')).ports
    if (compare) await against(server, driver, given.pairs)
    else if (given.connections + given.polls > 0) await load(server, driver, given)
    else await load(server, driver, { connections: 10_000, polls: 2_000, rate: 25_000, seconds: 10 })
  } finally {
    await driver.stop()
    await server.stop()
  }
}

await main()
