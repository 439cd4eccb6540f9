/** How the server's memory and CPU grow: measured, fitted, drawn into docs/images/load.svg and put into words in docs/benchmarks.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { root } from '../run.mjs'
import { plot, straight } from './plot.mjs'

const megabytes = (bytes) => bytes / 1e6
const perRoom = 10

/** @param start makes a server and its clients, new ones for each line: nothing is left of the one before */
async function withPair(start, run) {
  const pair = await start()
  try {
    return await run(pair)
  } finally {
    await pair.stop()
  }
}

/** Memory after each of so many more steps. */
async function memory(start, steps, grow) {
  return withPair(start, async (pair) => {
    await grow(pair, 0, 200) // what is loaded and compiled with the first is not theirs
    const empty = await pair.server.ask('measure')
    const points = [[0, 0]]
    for (const [i, count] of steps.entries()) {
      await grow(pair, 200 + (steps[i - 1] ?? 0), count - (steps[i - 1] ?? 0))
      points.push([count, megabytes((await pair.server.ask('measure')).memory - empty.memory)])
    }
    return points
  })
}

const webSockets = ({ server, driver }, _, count) =>
  driver.ask('connect', { kind: 'everwire', port: server.ports.everwire, count, perRoom })
const polls = ({ server, driver }, _, count) => driver.ask('poll', { port: server.ports.everwire, count })
const channels = ({ server }, from, count) => server.ask('fill', { from, count })

/** CPU of the server at so many deliveries a second to 2,000 WebSockets, in percent of a core. */
async function rates(start, steps) {
  const connections = 2_000
  return withPair(start, async (pair) => {
    await webSockets(pair, 0, connections)
    const points = []
    for (const rate of [steps.at(-1), ...steps]) {
      const rooms = connections / perRoom
      const { cpu, ms } = await pair.server.ask('publish', { rooms, perSecond: rate / perRoom, seconds: 5 })
      points.push([rate, (100 * cpu) / ms])
    }
    return points.slice(1) // the first was to get warm
  })
}

export async function growth(start) {
  const load = loadavg()[0].toFixed(1)
  const series = {
    webSockets: await memory(start, [2_000, 4_000, 6_000, 8_000, 10_000], webSockets),
    polls: await memory(start, [2_000, 4_000, 6_000, 8_000, 10_000], polls),
    channels: await memory(start, [5_000, 10_000, 20_000, 40_000], channels),
    rate: await rates(start, [2_500, 5_000, 10_000, 15_000, 20_000, 25_000]),
  }
  const panels = [
    {
      title: 'Memory by clients',
      y: 'MB of heap',
      x: 'clients that are connected',
      series: [
        { name: 'WebSockets', points: series.webSockets },
        { name: 'parked polls', points: series.polls },
      ],
    },
    {
      title: 'Memory by channels',
      y: 'MB of heap',
      x: 'channels with one event each',
      series: [{ name: 'channels', points: series.channels }],
    },
    {
      title: 'CPU by rate',
      y: '% of one core',
      x: 'deliveries per second',
      series: [{ name: '2,000 WebSockets', points: series.rate }],
    },
  ]
  writeFileSync(join(root, 'docs/images/load.svg'), plot(panels))
  const slope = (name) => straight(series[name]).slope
  const text = `Each grows in a straight line: **${(slope('webSockets') * 1e3).toFixed(1)} kB** for each idle WebSocket on one channel, **${(slope('polls') * 1e3).toFixed(1)} kB** for each parked
poll, **${(slope('channels') * 1e6).toFixed(0)} bytes** for each channel with one small event, and **${(slope('rate') * 1e4).toFixed(1)} µs** of CPU for each delivery, in rooms of ten readers.
Heap and external memory after a collection; the clients are bare sockets with two HTTP headers. Node ${process.version}, ${cpus().length} cores for server and clients, load
average ${load} at the start; another load moves the last panel, not the others.`
  const page = join(root, 'docs/benchmarks.md')
  const [open, close] = ['<!-- load: growth -->', '<!-- /load: growth -->']
  const [before, rest] = readFileSync(page, 'utf8').split(open)
  writeFileSync(page, `${before}${open}\n${text}\n${close}${rest.split(close)[1]}`)
  console.log(text)
}
