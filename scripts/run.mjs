/** What every script needs: the project's root, its installed commands, and a process that is awaited. */
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const isMain = (url) => process.argv[1] === fileURLToPath(url)
export const isCI = Boolean(process.env.CI && process.env.CI !== 'false')

/** The path of a command that a dev dependency installed. */
export const bin = (name) => join(root, 'node_modules', '.bin', name)

/**
 * Runs a command to its end. Throws if it fails; what it printed is `error.output`.
 * `quiet` keeps its output, else it goes to the terminal. A command that hangs is ended after `limit` ms.
 */
export function run(command, args = [], { quiet = false, env = {}, limit = 900_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', quiet ? 'pipe' : 'inherit', quiet ? 'pipe' : 'inherit'],
      shell: process.platform === 'win32',
      timeout: limit,
      killSignal: 'SIGKILL',
    })
    let output = ''
    child.stdout?.on('data', (text) => (output += text))
    child.stderr?.on('data', (text) => (output += text))
    const settle = (code, signal) => {
      child.stdout?.destroy()
      child.stderr?.destroy()
      if (code === 0) resolve(output)
      else reject(Object.assign(new Error(`${command} ended with ${signal ?? code}`), { output }))
    }
    child.on('error', reject)
    child.on('close', settle)
    // a grandchild that outlives it (a browser's driver) may hold the pipes open for ever
    child.on('exit', (code, signal) => setTimeout(settle, 2000, code, signal).unref())
  })
}
