import { parentPort, workerData } from 'node:worker_threads'
import { type Report, runSeed } from './world'

/** What a worker of `scripts/simulate.mjs` is told. */
interface Task {
  from: number
  to: number
  step: number
  trace: boolean
}

// errors are made by the thousand, and nobody reads where
if (parentPort) Error.stackTraceLimit = 3

const rejections: string[] = []
process.on('unhandledRejection', (reason) =>
  rejections.push(reason instanceof Error ? String(reason.stack) : String(reason)),
)

/** Runs a stretch of seeds and reports each one. */
export async function work({ from, to, step, trace }: Task, tell: (report: Report) => void): Promise<void> {
  for (let seed = from; seed < to; seed += step) {
    const report = await runSeed(seed, { trace: trace ? (line) => console.log(line) : undefined }).catch(
      (error: unknown) => ({
        ...failed(seed),
        violations: [`crashed: ${error instanceof Error ? error.stack : error}`],
      }),
    )
    await new Promise((resolve) => setImmediate(resolve)) // rejections nobody handled are known by then
    for (const reason of rejections.splice(0)) report.violations.push(`unhandled rejection: ${reason}`)
    tell(report)
  }
}

const failed = (seed: number): Report => ({
  seed,
  violations: [],
  hash: '',
  faults: [],
  recoveredMs: 0,
  events: 0,
  deliveries: 0,
  sends: 0,
})

if (parentPort) await work(workerData as Task, (report) => parentPort?.postMessage(report))
