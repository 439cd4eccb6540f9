import { type ChildProcess, fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { onTestFinished } from 'vitest'
import { entries, specifier } from '../../scripts/entries.mjs'
import type { ProcessOptions } from './server-process'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
const alias = Object.fromEntries(
  entries.map((entry) => [specifier(entry), path(`../../${entry.nodeSource ?? entry.source}`)]),
)

/** A script of this folder with the sources that it uses, in a file that is gone when the test is over. */
export async function bundleScript(name: string, { missing = [] }: { missing?: string[] } = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'everwire-script-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'script.cjs')
  await build({
    entryPoints: [path(name)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    alias,
    external: ['bufferutil', 'utf-8-validate', ...missing],
  })
  return outfile
}

/** The server of `server-process.ts`, from the sources, in a process of its own that ends with the test. */
export async function startProcess(
  options: Partial<ProcessOptions> = {},
): Promise<{ url: string; port: number; child: ChildProcess }> {
  const script = await bundleScript('server-process.ts')
  const all: ProcessOptions = { port: 0, first: 1, perSecond: 200, heartbeat: 25_000, shortMemory: 120, ...options }
  const child = fork(script, [JSON.stringify(all)])
  onTestFinished(() => void child.kill('SIGKILL'))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(Number(message)))
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return { child, port, url: `http://127.0.0.1:${port}/realtime` }
}

/** As a crash would end it. */
export async function kill(child: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
