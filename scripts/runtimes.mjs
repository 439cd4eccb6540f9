/**
 * Runs the smoke test of test/runtimes from the packed package in every runtime, and writes the table into README.md.
 *
 *     npm run runtimes                    installs the runtimes that are missing, into test/runtimes
 *     npm run runtimes -- --only Deno     what has these letters in its name; nothing is written
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createApp, isThere, runSmoke, runtimes, versionOf } from '../test/runtimes/runtimes.mjs'
import { build } from './build.mjs'
import { root } from './run.mjs'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const folder = join(root, 'test/runtimes')
const steps = [
  'connect',
  'subscribe',
  'publish',
  'request',
  'drop and resume',
  'long-polling',
  'everwire/socket',
  'ends by itself',
]
const row = (cells) => `| ${cells.join(' | ')} |`

function install() {
  try {
    execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 600_000,
      killSignal: 'SIGKILL',
    })
  } catch (error) {
    console.error(`the runtimes could not be installed: ${error.message}`)
  }
}

const chosen = runtimes.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()))
if (!chosen.every(isThere)) install()
await build({ ifStale: true, quiet: true })

const rows = []
const app = createApp()
try {
  for (const runtime of chosen) rows.push(await tried(runtime))
} finally {
  app.remove()
}

async function tried(runtime) {
  if (!isThere(runtime)) return told(runtime, 'not run: it is not here')
  const results = await runSmoke(runtime, app.path).catch((error) => ({ connect: error.message }))
  const wrong = steps.filter((step) => (results[step] ?? true) !== true)
  told(runtime, wrong.map((step) => `${step}: ${results[step]}`).join('\n  ') || 'all of it')
  if (wrong.length > 0) process.exitCode = 1
  const cells = steps.map((step) => (step in results ? (results[step] === true ? 'yes' : 'no') : '–'))
  return row([runtime.name, versionOf(runtime), ...cells])
}

function told({ name }, words) {
  console.log(`${name}: ${words}`)
  return row([name, 'not run', ...steps.map(() => '')])
}

if (!values.only) {
  const file = join(root, 'README.md')
  const text = readFileSync(file, 'utf8')
  const [, before, after] = /^([\s\S]*<!-- runtimes: begin -->\n)[\s\S]*(<!-- runtimes: end -->[\s\S]*)$/.exec(text)
  const head = ['', 'version', ...steps.map((step) => step.replace('everwire/socket', '`everwire/socket`'))]
  const table = [row(head), row(head.map(() => '---')), ...rows].join('\n')
  writeFileSync(file, `${before}\n${table}\n\n${after}`)
}
