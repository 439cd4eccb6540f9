/**
 * `npm test`: sets itself up, then runs every step and says how many tests passed. Needs Node and npm, nothing else.
 *
 *     npm test -- --only lint,unit     some steps (a build comes first where one is needed)
 *     npm test -- --verbose            the output of steps that passed, too
 *
 * Each test counts as one, and so does each step that is not made of tests. With CI=true whatever is skipped has failed.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'
import { bin, isCI, root, run } from './run.mjs'
import { setup } from './setup.mjs'

const { values } = parseArgs({ options: { only: { type: 'string' }, verbose: { type: 'boolean', default: false } } })
const results = join(root, '.test-results')

// what packs the package need not build it again: that is a step before
const env = { NO_COLOR: '1', npm_config_ignore_scripts: 'true' }
const tool =
  (name, ...args) =>
  async () => ({ passed: 1, output: await run(bin(name), args, { quiet: true, env }) })
const tests = (project, ...folders) => ({
  folders,
  run: (name) => vitest(name, project, folders),
})

const steps = {
  lint: { run: tool('biome', 'check', '--error-on-warnings', '--colors=off', '.') },
  types: { run: tool('tsc', '-p', 'tsconfig.json') },
  'client-types': { run: tool('tsc', '-p', 'tsconfig.client.json') },
  'example-types': { run: tool('tsc', '-p', 'examples/react') },
  'type-tests': { run: tool('tsc', '-p', 'test/types'), folders: ['test/types'] },
  build: { run: async () => ({ passed: 1, output: await build({ quiet: true }) }) },
  // vitest leaves a core unused by itself
  unit: { ...tests('node', 'test/unit', 'test/laws', 'test/react'), options: ['--maxWorkers=2'] },
  'react-18': tests('react-18', 'test/react'),
  conformance: tests('node', 'test/conformance'),
  simulation: tests('node', 'test/simulation'),
  schedules: {
    run: async () => ({
      passed: 1,
      output: await run(process.execPath, ['scripts/simulate.mjs', '--seeds', '20000', '--from', '1'], {
        quiet: true,
        env,
      }),
    }),
  },
  mutations: {
    run: async () => ({
      passed: 1,
      output: await run(process.execPath, ['scripts/mutations.mjs'], { quiet: true, env }),
    }),
  },
  // they wait more than they work
  integration: { ...tests('node', 'test/integration'), options: ['--maxWorkers=4'] },
  guard: tests('node', 'test/guard'),
  browser: { ...tests('browser', 'test/browser'), built: true, options: ['--maxWorkers=2'] },
  package: { ...tests('package', 'test/package'), built: true },
  runtimes: { ...tests('runtimes', 'test/runtimes'), built: true },
  exports: { run: tool('attw', '--pack', '.', '--profile', 'node16', '--no-color'), built: true },
  publint: { run: tool('publint', '--strict'), built: true },
  size: { run: tool('size-limit'), built: true },
  unused: { run: tool('knip', '--no-progress') },
  docs: { run: tool('typedoc', '--logLevel', 'Warn') },
  'docs-site': tests('package', 'test/site'),
}

async function vitest(name, project, folders) {
  const file = join(results, `${name}.json`)
  rmSync(file, { force: true })
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const paths = folders.map((folder) => `${folder}/`)
  const args = ['run', '--project', project, ...paths, ...(steps[name].options ?? []), ...reporters]
  const end = await run(bin('vitest'), args, { quiet: true, env }).then(
    (output) => ({ ok: true, output }),
    (error) => ({ ok: false, output: error.output ?? error.message }),
  )
  const report = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  const cases = report?.testResults.flatMap((suite) => suite.assertionResults) ?? []
  const count = (...states) => cases.filter(({ status }) => states.includes(status)).length
  const passed = count('passed')
  let failed = count('failed')
  // a file that does not load, an error outside any test, or no test at all
  if (failed === 0 && (!end.ok || passed === 0)) failed = 1
  const skipped = cases.filter(({ status }) => !['passed', 'failed'].includes(status)).map((one) => one.fullName)
  return { passed, failed, skipped, output: end.output }
}

const total = { passed: 0, failed: 0 }
const skip = (line) => {
  console.log(`skipped: ${line}`)
  if (isCI) total.failed += 1
}

async function perform(name) {
  const started = performance.now()
  const result = await steps[name].run(name).catch((error) => ({ failed: 1, output: error.output || error.stack }))
  const { passed = 0, failed = 0, skipped = [], output } = result
  total.passed += passed
  total.failed += failed
  if (output && (failed > 0 || values.verbose)) console.log(output.trimEnd())
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(
    `${failed ? 'FAIL' : 'ok  '} ${name.padEnd(13)} ${seconds.padStart(6)} s  ${passed} passed, ${failed} failed`,
  )
  for (const test of skipped) skip(`${name}: ${test}`)
}

// test/types holds no vitest files
const isTest = (name) => /\.test\.tsx?$/.test(name)
const isSource = (name) => /\.tsx?$/.test(name)
const hasTests = (folder) =>
  existsSync(join(root, folder)) &&
  readdirSync(join(root, folder), { recursive: true }).some(folder === 'test/types' ? isSource : isTest)

function plan() {
  const there = Object.keys(steps).filter((name) => steps[name].folders?.some(hasTests) ?? true)
  if (!values.only) return there
  const asked = values.only.split(',')
  const unknown = asked.find((name) => !there.includes(name))
  if (unknown !== undefined) throw new Error(`no step "${unknown}": there are ${there.join(', ')}`)
  if (asked.some((name) => steps[name].built)) asked.push('build')
  return there.filter((name) => asked.includes(name))
}

const chosen = plan()
const system = chosen.some((name) => ['browser', 'integration', 'runtimes'].includes(name))
for (const line of await setup({ system })) skip(line)
mkdirSync(results, { recursive: true })
for (const name of chosen) await perform(name)
console.log(`${total.passed} passed, ${total.failed} failed`)
process.exitCode = total.failed > 0 ? 1 : 0
