import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { type Ports, type RealProxy, recipes } from './recipes'

type Program = (typeof recipes)[RealProxy]['program']

/** Where the program is; Debian keeps it out of an ordinary user's path. */
function find(program: Program): string | undefined {
  const folders = ['/usr/sbin', ...(process.env.PATH ?? '').split(delimiter)]
  return folders.map((folder) => join(folder, program)).find((file) => existsSync(file))
}

/** Whether the program is on this machine. */
export const available = (program: Program): boolean => find(program) !== undefined

/**
 * Whether to run a test that needs the program: without it the test is skipped, but where `CI` is set it runs and fails.
 *
 * @example
 * test.runIf(needs('nginx'))('works behind nginx', async () => {})
 */
export const needs = (program: Program): boolean => available(program) || process.env.CI === 'true'

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const listens = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    }).on('error', () => resolve(false))
  })

async function launch(file: string, kind: RealProxy, ports: Ports, folder: string): Promise<ChildProcess> {
  const recipe = recipes[kind]
  const config = join(folder, 'config')
  await writeFile(config, recipe.config(ports, folder))
  const child = spawn(file, recipe.command(config, folder), { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  let ended = false
  child.stderr?.on('data', (text) => {
    said += text
  })
  child.on('exit', () => {
    ended = true
  })
  child.on('error', (error) => {
    ended = true
    said += error.message
  })
  while (!(await listens(ports.proxy))) {
    if (ended) throw new Error(`${kind} did not start: ${said}`)
    // neither program tells when it listens
    await pause(10)
  }
  if (ended) throw new Error(`${kind} did not start, another program has its port: ${said}`)
  return child
}

/**
 * A real proxy in front of a port of loopback, for the current test. It takes a port that was free a moment before, and
 * another when that one went to somebody else.
 *
 * @example
 * const proxy = await startRealProxy('nginx as shipped', server.port)
 * const client = startClient(`${proxy.url}/realtime`)
 */
export async function startRealProxy(kind: RealProxy, target: number): Promise<{ url: string; port: number }> {
  const { program } = recipes[kind]
  const file = find(program)
  if (!file) throw new Error(`${program} is not installed: apt-get install ${program}`)
  const folder = await mkdtemp(join(tmpdir(), 'everwire-proxy-'))
  await mkdir(join(folder, 'temp'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (let tries = 3; ; tries--) {
    const port = await freePort()
    try {
      const child = await launch(file, kind, { proxy: port, target }, folder)
      onTestFinished(() => stop(child))
      return { url: `http://127.0.0.1:${port}`, port }
    } catch (error) {
      if (tries === 1 || !/address already in use|another program|cannot bind/i.test(String(error))) throw error
    }
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
