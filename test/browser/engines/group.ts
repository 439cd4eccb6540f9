import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Group {
  /** Its first process. */
  readonly child: ChildProcess
  /** Ends all of it, and takes away what it left in its folder. */
  end(): Promise<void>
}

/** Waits beside a program for the end of this process, and then ends the group: a test run that is killed leaves nothing behind. */
const watched = '{ read -r _ <&3; kill -TERM 0; } & exec "$0" "$@"'
/** Who does not end when told to is ended after so many ms. */
const patience = 5_000

/**
 * A program that starts others, in a process group of its own and with a folder for its files: all end together, whoever their
 * parent is by then.
 */
export async function startGroup(
  command: string,
  args: (folder: string) => string[],
  { env = {}, stderr = 'ignore' }: { env?: Record<string, string>; stderr?: 'ignore' | 'pipe' } = {},
): Promise<Group> {
  const folder = await mkdtemp(join(tmpdir(), 'everwire-browser-'))
  const child = spawn('sh', ['-c', watched, command, ...args(folder)], {
    detached: true,
    // nobody writes to the last one, but every process inherits it: each side hears when the other one is gone
    stdio: ['ignore', 'ignore', stderr, 'pipe'],
    env: { ...process.env, TMPDIR: folder, ...env },
  })
  ;(child.stdio[3] as Socket).resume()
  const gone = once(child, 'close')
  const signal = (name: NodeJS.Signals) => {
    try {
      process.kill(-child.pid!, name)
    } catch {} // it has ended by itself
  }
  return {
    child,
    async end() {
      signal('SIGTERM')
      const timer = setTimeout(signal, patience, 'SIGKILL')
      await gone
      clearTimeout(timer)
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
