import { spawn } from 'node:child_process'

/** A process is to end by itself so soon after its last word, ms. */
const exitMs = 10_000
/** What takes longer than this, ms, is ended. */
const limitMs = 90_000

/**
 * Runs a command to its end.
 *
 * @returns its output, and whether it ended by itself: `true`, or what happened instead
 */
export function runToEnd(command, args, { cwd, isLastWord }) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, cwd, ['ignore', 'pipe', 'pipe'])
    let output = ''
    let errors = ''
    let killed
    const kill = (why) => () => {
      killed = why
      child.kill('SIGKILL')
    }
    let timer = setTimeout(kill(`not done after ${limitMs} ms`), limitMs)
    child.stdout.on('data', (text) => {
      output += text
      if (!isLastWord(output)) return
      clearTimeout(timer)
      timer = setTimeout(kill(`still there ${exitMs} ms after its work was done`), exitMs)
    })
    child.stderr.on('data', (text) => {
      errors += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      const ended = killed ?? (code === 0 || `exit code ${code}`)
      if (isLastWord(output)) resolve({ output, ended })
      else reject(new Error(`${ended}: ${errors.trim() || output.trim()}`))
    })
  })
}

/** A server that runs until `stop`, and that says its port as JSON, by standard output or descriptor 3. */
export function startServing(command, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = start(command, args, cwd, ['ignore', 'pipe', 'pipe', 'pipe'])
    const exited = new Promise((done) => child.on('exit', done))
    const stop = () => {
      child.kill('SIGKILL')
      return exited
    }
    let output = ''
    let errors = ''
    const timer = setTimeout(() => void stop(), limitMs)
    const hear = (text) => {
      output += text
      const port = /"port":\s*(\d+)/.exec(output)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve({ port: Number(port), stop })
    }
    child.stdout.on('data', hear)
    child.stdio[3].on('data', hear)
    child.stderr.on('data', (text) => {
      errors += text
    })
    child.on('error', reject)
    child.on('exit', () => {
      clearTimeout(timer)
      reject(new Error(`it did not start: ${errors.trim() || output.trim()}`))
    })
  })
}

/** With nothing of this process's environment but what a program needs, no home to keep things in, and no look for its own updates. */
function start(command, args, cwd, stdio) {
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    DENO_DIR: cwd,
    DENO_NO_UPDATE_CHECK: '1',
    NO_COLOR: '1',
    NEXT_TELEMETRY_DISABLED: '1',
  }
  return spawn(command, args, { cwd, env, stdio })
}
