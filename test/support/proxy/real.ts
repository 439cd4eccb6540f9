import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { program } from '../../../scripts/programs.mjs'
import { freePort } from '../free-port'
import { type Ports, type RealProxy, recipes } from './recipes'

/** Where they are, undefined = not installed: a test that needs one skips without it. */
export const nginx = program('nginx')
export const haproxy = program('haproxy')
const files = { nginx, haproxy }

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

/** For `test.skipIf`: this proxy cannot run here. */
export const lacks = (kind: RealProxy): boolean => files[recipes[kind].program] === undefined

/**
 * A real proxy in front of a port of loopback, for the current test. It takes a port that was free a moment before, and
 * another when that one went to somebody else.
 *
 * @example
 * const proxy = await startRealProxy('nginx as shipped', server.port)
 * const client = startClient(`${proxy.url}/realtime`)
 */
export async function startRealProxy(kind: RealProxy, target: number): Promise<{ url: string; port: number }> {
  const file = files[recipes[kind].program]
  if (!file) throw new Error(`${recipes[kind].program} is not installed`)
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
