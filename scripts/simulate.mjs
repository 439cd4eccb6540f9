/**
 * Runs the simulator: the real client and the real server on a virtual network, one schedule of faults per seed.
 *
 *     npm run simulate -- --seeds 20000 --from 1     that many seeds, over two threads; ends with 1 at the first violation
 *     npm run simulate -- --seeds 20000 --keep-going  all of them, whatever they bring
 *     npm run simulate -- --seed 4711 --trace        one seed, with everything that happens in it
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { build } from 'esbuild'
import { isMain } from './run.mjs'

/** Bundles the simulator, with `plugins` between it and the sources. Returns the file and the function that removes it. */
export async function bundleSimulator(plugins = []) {
  const folder = mkdtempSync(join(tmpdir(), 'everwire-simulation-'))
  const file = join(folder, 'worker.mjs')
  const entryPoints = [fileURLToPath(new URL('../test/simulation/worker.ts', import.meta.url))]
  await build({
    entryPoints,
    outfile: file,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: 'inline',
    plugins,
  })
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Runs seeds `from` to `from + count` over some threads. `onReport` returns true to stop. Resolves with the reports. */
export async function simulate(file, { from, count, threads = 2, trace = false }, onReport = () => false) {
  const reports = []
  const workers = new Set()
  let stopped = false
  const one = (i) =>
    new Promise((resolve, reject) => {
      const workerData = { from: from + i, to: from + count, step: threads, trace }
      const worker = new Worker(file, { workerData, execArgv: ['--enable-source-maps'] })
      workers.add(worker)
      worker.on('message', (report) => {
        if (stopped) return
        reports.push(report)
        if (!onReport(report)) return
        stopped = true
        for (const each of workers) void each.terminate()
      })
      worker.on('error', reject)
      worker.on('exit', resolve)
    })
  await Promise.all(Array.from({ length: Math.min(threads, count) }, (_, i) => one(i)))
  return reports
}

async function main() {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      'keep-going': { type: 'boolean', default: false },
    },
  })
  const from = Number(values.seed ?? values.from)
  const count = values.seed === undefined ? Number(values.seeds) : 1
  const threads = values.trace || count < 10 ? 1 : Math.min(2, availableParallelism())
  const { file, remove } = await bundleSimulator()
  const begun = performance.now()
  let failures = 0
  const reports = await simulate(file, { from, count, threads, trace: values.trace }, (report) => {
    if (report.violations.length === 0) return false
    failures++
    console.log(`seed ${report.seed} (${report.faults.join(', ') || 'no faults'})`)
    for (const violation of report.violations.slice(0, 12)) console.log(`  ${violation}`)
    return !values['keep-going']
  }).finally(remove)
  const seconds = (performance.now() - begun) / 1000
  const sum = (of) => reports.reduce((total, report) => total + of(report), 0)
  const slowest = reports.map(({ recoveredMs }) => recoveredMs).sort((a, b) => a - b)
  const at = (part) => slowest[Math.floor((slowest.length - 1) * part)]
  console.log(
    `${reports.length} schedules in ${seconds.toFixed(1)} s (${(reports.length / seconds).toFixed(0)} per second), ` +
      `${sum((r) => r.events)} events, ${sum((r) => r.sends)} sends, ${sum((r) => r.deliveries)} deliveries, ` +
      `recovered after p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms: ${failures} with violations`,
  )
  if (failures > 0) {
    console.log(`replay one with: npm run simulate -- --seed <seed> --trace`)
    process.exitCode = 1
  }
}

if (isMain(import.meta.url)) await main()
