/**
 * Puts the built server under load, over loopback, from a second process, and prints what that costs.
 *
 *     npm run load                                                    10,000 WebSockets with 25,000 deliveries/s, 2,000 polls
 *     npm run load -- --connections 10000 --rate 25000 --seconds 10   WebSockets, and deliveries per second to them
 *     npm run load -- --polls 2000                                    parked polls
 *     npm run load -- --compare --pairs 10                            against raw ws, in interleaved pairs, medians
 *     npm run load -- --compare --only fan-out --node=--cpu-prof      one of these, with options for the server's node
 *     npm run load -- --compare --base ../older/dist                  and against another build, in the same rounds
 *     npm run load -- --growth                                        with clients, channels and rate: docs/images/load.svg
 *
 * Memory is heap and external memory after a collection, divided by connections; CPU is that of the server's process.
 */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { growth } from './load/growth.mjs'
import { start } from './load/process.mjs'
import { root } from './run.mjs'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '0' },
    polls: { type: 'string', default: '0' },
    rate: { type: 'string', default: '0' },
    seconds: { type: 'string', default: '10' },
    compare: { type: 'boolean', default: false },
    growth: { type: 'boolean', default: false },
    pairs: { type: 'string', default: '10' },
    only: { type: 'string', default: '' },
    node: { type: 'string', default: '' },
    base: { type: 'string', default: '' },
  },
})
const { compare, growth: grow, only, node, base, ...texts } = values
const given = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Number(text)]))

/** Readers of one channel. */
const perRoom = 10

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

/** Rounds of the same work for all contestants, in turns. Prints how many times as much raw `ws` and the other build need. */
async function rounds(title, pairs, contestants, round) {
  const seen = Object.fromEntries(contestants.map(({ name }) => [name, []]))
  for (const one of contestants) await round(one)
  for (let i = 0; i < pairs; i++) {
    for (const one of i % 2 ? contestants : contestants.toReversed()) seen[one.name].push(await round(one))
  }
  const against = (name, of) => median(seen[name].map((other, i) => of(other) / of(seen.everwire[i]))).toFixed(2)
  console.log(`${title}; medians of ${pairs} rounds`)
  for (const { name } of contestants) {
    const [ms, cpu] = ['ms', 'cpu'].map((of) => median(seen[name].map((one) => one[of])).toFixed(0))
    const times = (of) => (name === 'everwire' ? '' : ` (everwire ${against(name, (one) => one[of])}×)`)
    console.log(`  ${name.padEnd(8)} ${ms} ms${times('ms')}, CPU of the server ${cpu} ms${times('cpu')}`)
  }
}

/** Events go down: so many to rooms of `perRoom` readers, one room after the other. */
const down =
  ({ rooms, perRoom, events, perTick }) =>
  async ({ kind, server, driver }) => {
    await driver.ask('reset', { kind })
    const begun = performance.now()
    const sent = server.ask('broadcast', { kind, events, perTick, rooms, perRoom })
    await driver.ask('delivered', { kind, count: perRoom * events })
    const ms = performance.now() - begun
    const { cpu } = await sent.then(() => server.ask('cpu'))
    return { ms, cpu }
  }

/** Publishes come up. */
const up =
  ({ messages }) =>
  async ({ kind, server, driver }) => {
    await server.ask('cpu')
    const begun = performance.now()
    await driver.ask('send', { kind, messages })
    await server.ask('received', { kind })
    const ms = performance.now() - begun
    const { cpu } = await server.ask('cpu')
    return { ms, cpu }
  }

/** Clients come, and go again. */
const come =
  ({ perRoom, clients }) =>
  async ({ kind, server, driver }) => {
    await server.ask('cpu')
    const begun = performance.now()
    await driver.ask('connect', { kind, port: server.ports[kind], count: clients, perRoom })
    const ms = performance.now() - begun
    const { cpu } = await server.ask('cpu')
    await driver.ask('disconnect')
    return { ms, cpu }
  }

const scenarios = {
  'fan-out': {
    title: '1 event to 1,000 WebSockets, 50 times',
    rooms: 1,
    perRoom: 1_000,
    round: down({ rooms: 1, perRoom: 1_000, events: 50, perTick: 1 }),
  },
  rooms: {
    title: '5,000 events to rooms of 10 WebSockets, 20 in a turn',
    rooms: 200,
    perRoom: 10,
    round: down({ rooms: 200, perRoom: 10, events: 5_000, perTick: 20 }),
  },
  down: {
    title: '10,000 events to 8 WebSockets, 100 in a turn',
    rooms: 1,
    perRoom: 8,
    round: down({ rooms: 1, perRoom: 8, events: 10_000, perTick: 100 }),
  },
  up: { title: '20,000 publishes of 8 WebSockets', rooms: 1, perRoom: 8, round: up({ messages: 20_000 }) },
  come: { title: '1,000 WebSockets come', rooms: 0, perRoom: 10, round: come({ perRoom: 10, clients: 1_000 }) },
}

async function against(contestants, pairs) {
  for (const [name, { title, rooms, perRoom, round }] of Object.entries(scenarios)) {
    if (only && only !== name) continue
    for (const { kind, server, driver } of contestants)
      await driver.ask('connect', { kind, port: server.ports[kind], count: rooms * perRoom, perRoom })
    await rounds(`${name}, ${title}`, pairs, contestants, round)
    for (const { driver } of contestants) await driver.ask('disconnect')
  }
}

/** A server of one build, and the clients of it. */
async function startPair(dist, place) {
  const server = start('server', [...node.split(' ').filter(Boolean)], [dist])
  const driver = start('driver', [], [place])
  server.ports = (await server.ask('listen')).ports
  return { server, driver, stop: () => Promise.all([driver.stop(), server.stop()]) }
}

async function main() {
  await build({ ifStale: true })
  const here = join(root, 'dist')
  if (grow) return growth(() => startPair(here, 0))
  // each has processes of its own: what one has opened or left to collect is not in the figures of another
  const contestants = compare
    ? [
        { name: 'raw ws', kind: 'raw', dist: here },
        { name: 'everwire', kind: 'everwire', dist: here },
        ...(base ? [{ name: 'base', kind: 'everwire', dist: resolve(base) }] : []),
      ]
    : [{ name: 'everwire', kind: 'everwire', dist: here }]
  const pairs = []
  try {
    for (const one of contestants) pairs.push({ ...one, ...(await startPair(one.dist, pairs.length)) })
    const [{ server, driver }] = pairs
    if (compare) await against(pairs, given.pairs)
    else if (given.connections + given.polls > 0) await load(server, driver, given)
    else await load(server, driver, { connections: 10_000, polls: 2_000, rate: 25_000, seconds: 10 })
  } finally {
    for (const { stop } of pairs) await stop()
  }
}

await main()
