// What `npm run modes` measures. Bundled by scripts/modes.mjs, so that it runs the sources as they are.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type Client, type ClientOptions, type ClientState, createClient } from 'everwire'
import { createDebug } from 'everwire/inspector'
import { createRealtime } from 'everwire/server'
import { createFaultProxy, type FaultProxy } from '../support/proxy/fault-proxy'
import type { FaultRules } from '../support/proxy/rules'
import type { Chat } from '../support/server'
import { startTraffic, type Traffic } from './traffic'

const failing = { percent: 20, how: [502, 504, 'cut', 'reset'] } as const

/** Every way in which a network is bad from the start. */
export const modes: Record<string, Partial<FaultRules>> = {
  clean: {},
  'upgrade refused, 403': { upgrade: 403 },
  'upgrade stripped': { upgrade: 'strip' },
  'upgrade hangs': { upgrade: 'hang' },
  'WebSocket opens, then silence': { silent: 'both' },
  'WebSocket cut after 1.5 s': { resetAfter: 1_500 },
  'answers buffered, upgrade refused': { upgrade: 403, buffer: true },
  '20 % of HTTP fails': { fail: failing },
  '20 % of HTTP fails, upgrade refused': { upgrade: 403, fail: failing },
}

function until(client: Client<Chat>, fits: (state: ClientState) => boolean): Promise<void> {
  return new Promise((resolve) => {
    const off = client.watch(look)
    function look(state: ClientState): void {
      if (!fits(state)) return
      off()
      resolve()
    }
    look(client.state)
  })
}

interface Stage {
  proxy: FaultProxy
  client: Client<Chat>
  publish(room: 'room:1' | 'room:2' | 'room:3', n: number): Promise<unknown>
  traffic(down: number, up: number): Promise<Traffic>
}

/** A server, a proxy with these rules and a client of defaults, for the time of `act`. */
async function onStage<T>(
  rules: Partial<FaultRules>,
  act: (stage: Stage) => Promise<T>,
  { seed = 1, ...options }: Partial<ClientOptions> & { seed?: number } = {},
): Promise<T> {
  const realtime = createRealtime<Chat>({ channels: { 'room:{id}': { publish: () => true } } })
  const server = createServer()
  realtime.attach(server, { path: '/realtime' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const proxy = await createFaultProxy({ target: port, rules, seed })
  const client = createClient<Chat>({ url: `${proxy.url}/realtime`, debug: createDebug(), ...options })
  const readers: Client<Chat>[] = []
  const publish: Stage['publish'] = (room, n) => realtime.publish(room, 'n', n)
  function reader(): Client<Chat> {
    const one = createClient<Chat>({ url: `http://127.0.0.1:${port}/realtime`, transports: ['websocket'] })
    readers.push(one)
    return one
  }
  const traffic = (down: number, up: number) => startTraffic({ client, reader, publish, down, up })
  try {
    return await act({ proxy, client, publish, traffic })
  } finally {
    for (const one of [client, ...readers]) one.close()
    await proxy.close()
    await realtime.close()
    server.closeAllConnections()
    server.close()
  }
}

const lostOf = ({ down, up, echo }: Awaited<ReturnType<Traffic['stop']>>) => down.lost + up.lost + echo.lost
const wrongOf = ({ down, up, echo, gaps, failed }: Awaited<ReturnType<Traffic['stop']>>) =>
  [down, up, echo].reduce((sum, { doubled, reordered }) => sum + doubled + reordered, 0) + gaps.length + failed.length

/** One run of a mode: the first event of a join with rewind, then 50 events/s down and 10/s up for `ms`. */
export function measureMode(rules: Partial<FaultRules>, latency: number, ms: number, seed: number) {
  const all = { ...rules, latency: { up: latency, down: latency } }
  return onStage(
    all,
    async ({ proxy, client, publish, traffic }) => {
      await publish('room:3', 1)
      const begun = performance.now()
      const first = await new Promise<number>((resolve) => {
        client.channel('room:3', { rewind: 1 }).on('n', () => resolve(performance.now() - begun))
      })
      const flow = await traffic(50, 10)
      await pause(ms)
      const books = await flow.stop()
      return { first, lost: lostOf(books), wrong: wrongOf(books), ...proxy.stats }
    },
    { seed },
  )
}

/** The longest time without an event, ms. */
function longestSilence({ begun, heard }: Traffic): number {
  let longest = 0
  let last = begun
  for (const { at } of heard) {
    longest = Math.max(longest, at - last)
    last = at
  }
  return longest
}

/** ms from `fault` to the next event that came by way of another link. */
async function timeToNext(flow: Traffic, fault: () => void): Promise<number> {
  await flow.more(1)
  const begun = performance.now()
  fault()
  await flow.more(1)
  return performance.now() - begun
}

export interface Recovery {
  name: string
  unit: 'ms' | '%'
  /** At most, for ms; at least, for %. */
  goal: number
  run(seed: number): Promise<{ value: number; lost: number; wrong: number }>
}

const report = async (flow: Traffic, value: number) => {
  const books = await flow.stop()
  return { value, lost: lostOf(books), wrong: wrongOf(books) }
}

const halfOpen =
  (transport: 'websocket' | 'polling', down: number, up: number): Recovery['run'] =>
  () =>
    onStage(
      {},
      async ({ proxy, client, traffic }) => {
        const flow = await traffic(down, up)
        await until(client, (state) => state.transport === transport)
        await flow.more(8)
        return report(flow, await timeToNext(flow, () => proxy.silence()))
      },
      { transports: transport === 'polling' ? ['polling'] : undefined },
    )

const killed =
  (rules: Partial<FaultRules>): Recovery['run'] =>
  () =>
    onStage({}, async ({ proxy, client, traffic }) => {
      const flow = await traffic(100, 20)
      await until(client, ({ transport }) => transport === 'websocket')
      await flow.more(100)
      const value = await timeToNext(flow, () => {
        proxy.set(rules)
        proxy.resetAll()
      })
      return report(flow, value)
    })

const idle = (): ReturnType<Recovery['run']> =>
  onStage({}, async ({ proxy, client }) => {
    client.connect()
    await until(client, ({ transport }) => transport === 'websocket')
    const begun = performance.now()
    // it is replaced before it is given up
    const replaced = new Promise<void>((resolve) => client.debug?.(({ type }) => type === 'open' && resolve()))
    proxy.silence()
    await replaced
    return { value: performance.now() - begun, lost: 0, wrong: 0 }
  })

/** The main scenario of the design: three resets, an outage of 3 s and a half-open link, in this order or the other. */
const scenario =
  (resetsFirst: boolean): Recovery['run'] =>
  () =>
    onStage({}, async ({ proxy, traffic }) => {
      const flow = await traffic(200, 50)
      const resets = async () => {
        for (let i = 0; i < 3; i++) {
          proxy.resetAll()
          await pause(2_000)
        }
      }
      await pause(2_000)
      if (resetsFirst) await resets()
      await proxy.offlineFor(3_000)
      await pause(2_500)
      proxy.silence()
      await pause(5_000)
      if (!resetsFirst) await resets()
      return report(flow, longestSilence(flow))
    })

const hostile =
  (what: 'gap' | 'delivered'): Recovery['run'] =>
  (seed) =>
    onStage(
      { resetAfter: 1_500, fail: failing },
      async ({ traffic }) => {
        const flow = await traffic(20, 10)
        await pause(10_000)
        const silence = longestSilence(flow)
        const { lost, wrong } = await report(flow, 0)
        return { value: what === 'gap' ? silence : 100 * (1 - lost / 300), lost, wrong }
      },
      { seed },
    )

export const recoveries: Recovery[] = [
  { name: 'half-open WebSocket, 2 events/s', unit: 'ms', goal: 3_000, run: halfOpen('websocket', 2, 0) },
  {
    name: 'half-open WebSocket, 200 events/s down, 50/s up',
    unit: 'ms',
    goal: 3_000,
    run: halfOpen('websocket', 200, 50),
  },
  { name: 'half-open long-polling, 2 events/s', unit: 'ms', goal: 3_000, run: halfOpen('polling', 2, 0) },
  {
    name: 'half-open long-polling, 200 events/s down, 50/s up',
    unit: 'ms',
    goal: 3_000,
    run: halfOpen('polling', 200, 50),
  },
  { name: 'half-open WebSocket, idle: noticed', unit: 'ms', goal: 35_000, run: idle },
  { name: 'WebSocket killed, upgrades refused: next event', unit: 'ms', goal: 600, run: killed({ upgrade: 403 }) },
  { name: 'WebSocket killed, upgrades hang: next event', unit: 'ms', goal: 600, run: killed({ upgrade: 'hang' }) },
  { name: 'half-open, outage of 3 s, three resets: longest silence', unit: 'ms', goal: 5_000, run: scenario(false) },
  { name: 'three resets, outage of 3 s, half-open: longest silence', unit: 'ms', goal: 5_000, run: scenario(true) },
  {
    name: 'WebSocket reset every 1.5 s, 20 % of HTTP fails: longest silence',
    unit: 'ms',
    goal: 1_000,
    run: hostile('gap'),
  },
  { name: 'the same: delivered', unit: '%', goal: 100, run: hostile('delivered') },
]
