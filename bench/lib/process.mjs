/** Child processes that are asked things: each has one owner, and none outlives it. */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const running = new Set()
/** A folder for the CPU profiles of all children. */
const profiles = process.env.BENCH_PROFILES

/** Starts `file` as a child that answers `{ id, task, args }` with `{ id, result }` or `{ id, error }`. */
export function startChild(file, args = [], onNotice = () => {}) {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--expose-gc', '--no-warnings', ...(profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [])],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  running.add(child)
  let last = 0
  const asked = new Map()
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.on('message', ({ id, result, error, notice }) => {
    if (notice !== undefined) return onNotice(notice)
    const question = asked.get(id)
    asked.delete(id)
    if (error === undefined) question?.resolve(result)
    else question?.reject(new Error(`${args.join(' ')}: ${error}`))
  })
  child.once('exit', (code, signal) => {
    running.delete(child)
    for (const { reject } of asked.values()) reject(new Error(`${args.join(' ')} ended with ${signal ?? code}`))
    asked.clear()
  })
  return {
    ask(task, args = {}, limit = 120_000) {
      return new Promise((resolve, reject) => {
        const id = ++last
        const timer = setTimeout(() => reject(new Error(`${child.spawnargs.at(-1)}: ${task} took too long`)), limit)
        const settle = (run) => (value) => {
          clearTimeout(timer)
          run(value)
        }
        asked.set(id, { resolve: settle(resolve), reject: settle(reject) })
        child.send({ id, task, args })
      })
    },
    tell: (task, args = {}) => child.connected && child.send({ task, args }),
    async kill() {
      // a profile is written by a process that ends by itself
      if (profiles && child.connected) child.disconnect()
      else child.kill('SIGKILL')
      await gone
    },
  }
}

/** Whatever still runs when the benchmark ends, however it ends. */
export function killChildren() {
  for (const child of running) child.kill('SIGKILL')
}

/** The other end: answers with what `tasks` say. */
export function answer(tasks) {
  process.on('message', async ({ id, task, args }) => {
    try {
      const result = await tasks[task](args)
      if (id !== undefined && process.connected) process.send({ id, result })
    } catch (error) {
      if (id !== undefined && process.connected) process.send({ id, error: error.stack ?? String(error) })
    }
  })
  process.on('disconnect', () => process.exit())
  // a peer's client may throw where nobody can catch it: that is no reason to end the run
  process.on('uncaughtException', (error) => process.env.BENCH_DEBUG && console.error(error))
  process.on('unhandledRejection', (error) => process.env.BENCH_DEBUG && console.error(error))
}

export const notify = (notice) => process.connected && process.send({ notice })
