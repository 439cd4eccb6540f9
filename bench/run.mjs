/**
 * `npm run bench`: installs the peers if needed, builds everwire if it is stale, runs the scenarios, writes the tables into
 * docs/benchmarks.md and the figures into bench/results.json.
 *
 *     npm run bench                                  everything, about ten minutes
 *     npm run bench -- --only first-event,bytes      some scenarios: their parts of the page are renewed, the others stay
 *     npm run bench -- --quick                       fewer and shorter runs, about two minutes; written to results.quick.json only
 *     npm run bench -- --only restart --clients 5000 more clients for those that restart
 *     npm run bench -- --adapters everwire,ws        with some of the peers: prints, writes nothing
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from '../scripts/build.mjs'
import { bin, root, run } from '../scripts/run.mjs'

const bench = join(root, 'bench')
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    adapters: { type: 'string' },
    clients: { type: 'string' },
  },
})

if (!existsSync(join(bench, 'node_modules'))) await run('npm', ['ci', '--prefix', bench])
await build({ ifStale: true })
const { scenarios, loadAdapters } = await import('./lib/registry.mjs')
const { killChildren } = await import('./lib/process.mjs')
const { startProxy } = await import('./lib/proxy.mjs')
const { render, printable } = await import('./lib/report.mjs')

const names = values.only?.split(',') ?? scenarios.map(({ name }) => name)
const unknown = names.find((name) => !scenarios.some((one) => one.name === name))
if (unknown !== undefined) throw new Error(`no scenario "${unknown}": ${scenarios.map(({ name }) => name).join(', ')}`)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))
process.on('exit', killChildren)

const clients = values.clients && Number(values.clients)
const file = join(bench, values.quick ? 'results.quick.json' : 'results.json')
const earlier = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
const results = { ...earlier.results }
const load = () => Number(loadavg()[0].toFixed(2))
const proxy = await startProxy()
const adapters = await loadAdapters(values.adapters?.split(','))
const begun = performance.now()
async function perform(scenario) {
  const started = performance.now()
  const before = load()
  const { tables, goals = [] } = await scenario.run({ adapters, proxy, quick: values.quick, clients })
  const seconds = Math.round((performance.now() - started) / 1000)
  const date = new Date().toISOString().slice(0, 10)
  const machine = { date, node: process.version, cores: cpus().length, load: before }
  results[scenario.name] = { ...machine, seconds, tables, goals }
  console.log(`\n${scenario.title} (${seconds} s, load ${before})\n\n${printable(results[scenario.name])}`)
}

/** Scenarios that may run side by side, in the order of the list. */
const groups = []
for (const scenario of scenarios.filter(({ name }) => names.includes(name))) {
  const last = groups.at(-1)
  if (scenario.quiet && last?.[0].quiet) last.push(scenario)
  else groups.push([scenario])
}
async function save() {
  if (values.adapters) return
  writeFileSync(file, JSON.stringify({ results }))
  await run(bin('biome'), ['format', '--write', file], { quiet: true })
  if (!values.quick) render(join(root, 'docs/benchmarks.md'), scenarios, results)
}

for (const group of groups) {
  await Promise.all(group.map(perform))
  await save() // a run that is cut off keeps what it has
}
await proxy.kill()
console.log(`\n${Math.round((performance.now() - begun) / 1000)} s`)
process.exit()
