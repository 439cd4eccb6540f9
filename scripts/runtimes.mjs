/**
 * Runs the smoke test of test/runtimes from the packed package in every runtime and the behaviour suite on every host, and writes the
 * tables into README.md and docs/hosts.md.
 *
 *     npm run runtimes                    installs the runtimes that are missing, into test/runtimes
 *     npm run runtimes -- --only Deno     what has these letters in its name; nothing is written
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createApp, hosts, isThere, runHost, runSmoke, runtimes, versionOf } from '../test/runtimes/runtimes.mjs'
import { build } from './build.mjs'
import { root } from './run.mjs'

const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } })
const folder = join(root, 'test/runtimes')
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

const isChosen = ({ name }) => name.toLowerCase().includes(values.only.toLowerCase())
const [clients, servers] = [runtimes.filter(isChosen), hosts.filter(isChosen)]
if (![...clients, ...servers].every(isThere)) install()
await build({ ifStale: true, quiet: true })
const app = createApp()
try {
  const inRuntimes = await tried(clients, runSmoke)
  const onHosts = await tried(servers, runHost)
  if (!values.only) {
    write('README.md', inRuntimes)
    write('docs/hosts.md', onHosts)
  }
} finally {
  app.remove()
}

/** A line for each, with what each step has come to. */
async function tried(all, run) {
  const tries = []
  for (const one of all) {
    const results = isThere(one) ? await run(one, app.path).catch((error) => ({ start: error.message })) : {}
    const wrong = Object.keys(results).filter((step) => results[step] !== true && !one.lacks?.[step])
    if (wrong.length > 0) process.exitCode = 1
    const words = wrong.map((step) => `${step}: ${results[step]}`).join('\n  ') || 'all of it'
    console.log(`${one.name}: ${isThere(one) ? words : 'not run, it is not here'}`)
    tries.push({ one, results })
  }
  return tries
}

/** Replaces what stands between the marks. */
function write(path, tries) {
  const steps = [...new Set(tries.flatMap(({ results }) => Object.keys(results)))]
  const cell = (one, result, step) =>
    result === undefined ? '–' : result === true ? 'yes' : (one.lacks?.[step] ?? 'no')
  const rows = tries.map(({ one, results }) => [
    one.name,
    isThere(one) ? versionOf(one) : 'not run',
    ...steps.map((step) => cell(one, results[step], step)),
  ])
  const table = [['', 'version', ...steps], ['', '', ...steps].map(() => '---'), ...rows].map(row).join('\n')
  const file = join(root, path)
  const text = readFileSync(file, 'utf8')
  const [, before, after] = /^([\s\S]*<!-- runtimes: begin -->\n)[\s\S]*(<!-- runtimes: end -->[\s\S]*)$/.exec(text)
  writeFileSync(file, `${before}\n${table}\n\n${after}`)
}
