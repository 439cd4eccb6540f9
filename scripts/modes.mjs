/**
 * Measures how the client gets along with bad networks, prints the tables and writes them into docs/fault-modes.md.
 *
 *     npm run modes                      everything, five times each: medians, and the worst where that matters
 *     npm run modes -- --repeat 1        once
 *     npm run modes -- --only half-open  what has these letters in its name; nothing is written
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { root } from './run.mjs'

const { values } = parseArgs({ options: { repeat: { type: 'string', default: '5' }, only: { type: 'string' } } })
const repeats = Number(values.repeat)
const chosen = (name) => name.includes(values.only ?? '')
const trafficMs = 3_000

async function load() {
  const folder = mkdtempSync(join(tmpdir(), 'everwire-modes-'))
  const outfile = join(folder, 'modes.cjs')
  await build({
    entryPoints: [fileURLToPath(new URL('../test/integration/modes.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    alias: {
      everwire: join(root, 'src/index.node.ts'),
      'everwire/server': join(root, 'src/server/index.ts'),
      'everwire/inspector': join(root, 'src/inspector/index.ts'),
    },
    external: ['bufferutil', 'utf-8-validate'],
  })
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  return (await import(pathToFileURL(outfile))).default
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const most = (numbers) => Math.max(...numbers)
const row = (cells) => `| ${cells.join(' | ')} |`
const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n')
const times = (count) => Array.from({ length: count }, (_, i) => i)
/** More decimals than anybody needs are none. */
const round = (value) => String(Math.round(value))
const kB = (bytes) => (bytes / 1_000).toFixed(1)

async function modesTable({ modes, measureMode }) {
  await measureMode({}, 0, 100, 1) // the first run of all pays for what is loaded and compiled
  const rows = []
  for (const name of Object.keys(modes).filter(chosen)) {
    for (const latency of [0, 50]) {
      const runs = []
      for (const i of times(repeats)) runs.push(await measureMode(modes[name], latency, trafficMs, i + 1))
      const all = (what) => runs.map(what)
      const first = all((run) => run.first)
      const goal = 4 * latency + 50
      rows.push([
        name,
        2 * latency,
        `${round(median(first))} (${round(most(first))})`,
        median(first) <= goal ? 'yes' : `no: ${goal}`,
        most(all((run) => run.lost)),
        most(all((run) => run.wrong)),
        median(all((run) => run.requests)),
        median(all((run) => run.connections)),
        kB(median(all((run) => run.bytes.up))),
        kB(median(all((run) => run.bytes.down))),
      ])
      console.log(row(rows.at(-1)))
    }
  }
  const head = ['mode', 'round trip, ms', 'first event, ms: median (worst)', 'goal met', 'lost', 'doubled or reordered']
  return table([...head, 'HTTP requests', 'connections', 'kB up', 'kB down'], rows)
}

async function recoveriesTable({ recoveries }) {
  const rows = []
  for (const { name, unit, goal, run } of recoveries.filter(({ name }) => chosen(name))) {
    // they wait more than they work: all repeats at once
    const runs = await Promise.all(times(repeats).map((i) => run(i + 1)))
    const all = runs.map(({ value }) => value)
    const worst = unit === '%' ? Math.min(...all) : most(all)
    // a timer may be late by some ms
    const meets = (value) => (unit === '%' ? value >= goal : Math.floor(value / 100) * 100 <= goal)
    const met = meets(worst) ? 'yes' : meets(median(all)) ? 'not always' : 'no'
    rows.push([
      name,
      `${round(median(all))} ${unit} (${round(worst)})`,
      `${unit === '%' ? '' : '≤ '}${goal} ${unit}`,
      met,
      most(runs.map(({ lost }) => lost)),
      most(runs.map(({ wrong }) => wrong)),
    ])
    console.log(row(rows.at(-1)))
  }
  return table(['fault', 'median (worst)', 'goal', 'met', 'lost', 'doubled or reordered'], rows)
}

const measured = await load()
const parts = [await modesTable(measured), await recoveriesTable(measured)]
if (!values.only) {
  const file = join(root, 'docs/fault-modes.md')
  const when = `Run of ${new Date().toISOString().slice(0, 10)}: ${availableParallelism()} cores, Node ${process.versions.node}, ${repeats} times each.`
  const text = readFileSync(file, 'utf8')
  const [, before, after] = /^([\s\S]*<!-- modes: begin -->\n)[\s\S]*(<!-- modes: end -->[\s\S]*)$/.exec(text)
  writeFileSync(file, `${before}\n${when}\n\n${parts.join('\n\n')}\n\n${after}`)
}
