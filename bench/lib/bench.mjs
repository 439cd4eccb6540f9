/** What scenarios are written with: an adapter's server and clients in processes of their own, with the proxy between them. */
import { setTimeout as pause } from 'node:timers/promises'
import { startChild } from './process.mjs'

/** A child that is one side of an adapter. What it says by itself goes to `onNotice`. */
async function startHost(name, role, onNotice) {
  let ready
  const started = new Promise((resolve) => {
    ready = resolve
  })
  const host = startChild('./host.mjs', [name, role], (notice) => (notice === 'ready' ? ready() : onNotice?.(notice)))
  await started
  return host
}

let starting = Promise.resolve()

/** One pair starts after the other: a crowd of processes that load their code would be measured in the round trips of the first. */
function inTurn(run) {
  const mine = starting.then(run)
  starting = mine.catch(() => {})
  return mine
}

/**
 * Server and client of an adapter, gone when `run` is over. Each side's credits are passed to the other, so that a flood
 * never runs away from who has to read it.
 */
export async function withPair({ name, proxy, link: rules, server: options = {} }, run) {
  let server
  let client
  let link
  let own
  try {
    await inTurn(async () => {
      ;[server, client] = await Promise.all([
        startHost(name, 'server', ({ credit }) => client.tell('credit', { value: credit })),
        startHost(name, 'client', ({ credit }) => server.tell('credit', { value: credit })),
      ])
      own = await server.ask('start', options)
      if (rules) link = await proxy.open(own, rules)
    })
    return await run({ name, server, client, link, port: link?.port ?? own, own })
  } finally {
    await Promise.all([server?.kill(), client?.kill(), link?.close().catch(() => {})])
  }
}

/** A server alone. */
export async function startServer(name, options) {
  const host = await startHost(name, 'server')
  return { host, port: await host.ask('start', options) }
}

/** All of `items`, so many at a time; results in their order. What fails is `null`, and said. */
export async function each(items, atOnce, run) {
  const results = new Array(items.length).fill(null)
  let next = 0
  async function work() {
    while (next < items.length) {
      const at = next++
      try {
        results[at] = await run(items[at])
      } catch (error) {
        console.error(`  ${items[at].name ?? items[at]}: ${error.message.split('\n')[0]}`)
        if (process.env.BENCH_DEBUG) console.error(error.stack)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, work))
  return results
}

export { pause }
