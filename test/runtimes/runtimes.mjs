/** The runtimes, and how the smoke test gets into each of them. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installPackage } from '../../scripts/pack.mjs'
import { program } from '../../scripts/programs.mjs'
import { root } from '../../scripts/run.mjs'
import { runToEnd, startServing } from './child.mjs'
import { inChromium } from './chromium.mjs'
import { startServer } from './server.mjs'
import { runSuite } from './suite.mjs'
import { hostInWorkerd, runInWorkerd } from './workerd.mjs'

const own = (name) => join(root, 'node_modules', name)
const installed = (path) => join(import.meta.dirname, 'node_modules', path)
const chromium = program('chromium')

const bun = installed('@oven/bun-linux-x64/bin/bun')
const deno = installed('@deno/linux-x64-glibc/deno')
const workerd = installed('@cloudflare/workerd-linux-64/bin/workerd')
const bunFlags = ['--no-install']
const denoFlags = ['run', '--no-remote', '--no-lock', '--node-modules-dir=manual', '--allow-net=127.0.0.1']

/** `command`: its executable, undefined where there is none. `run` resolves with `true` or what went wrong, for each step. */
export const runtimes = [
  ...[20, 22, 24, 26].map((major) => ({
    name: `Node ${major}`,
    command: installed(`node-${major}/bin/node`),
    run: asProcess(),
  })),
  { name: 'Bun', command: bun, run: asProcess(...bunFlags) },
  { name: 'Deno', command: deno, run: asProcess(...denoFlags) },
  { name: 'workerd', command: workerd, run: runInWorkerd },
  { name: 'Chromium, page', command: chromium, ...inChromium('page') },
  { name: 'Chromium, web worker', command: chromium, ...inChromium('worker') },
  { name: 'Chromium, service worker', command: chromium, ...inChromium('service-worker') },
]

/** What every machine with this project has. */
export const thisNode = { name: 'this Node', command: process.execPath, run: asProcess() }

/**
 * Servers: `start` resolves with a port and `stop`. `local`: needs nothing that this project does not need anyway. `needs`: a
 * package that has to be there, too. `lacks`: what the host
 * cannot do, and what is true instead.
 */
export const hosts = [
  { name: '`node:http`', local: true, command: process.execPath, start: asServer('node') },
  { name: 'Express', local: true, command: process.execPath, needs: own('express'), start: asServer('express') },
  { name: 'Fastify', local: true, command: process.execPath, needs: own('fastify'), start: asServer('fastify') },
  { name: 'Next', command: process.execPath, needs: installed('next'), start: asServer('next') },
  { name: '`Bun.serve`', command: bun, start: asServer('bun', ...bunFlags) },
  { name: '`Deno.serve`', command: deno, start: asServer('deno', ...denoFlags) },
  {
    name: 'workerd, a Durable Object',
    command: workerd,
    start: hostInWorkerd,
    lacks: { left: 'at the end of the hold' }, // it does not tell that the client of a request has gone
  },
]

export const isThere = ({ command, needs = command }) => [command, needs].every((path) => path && existsSync(path))

/** Its version, as it says it; of what it needs, if that is a package. */
export function versionOf({ command, needs }) {
  if (needs) return JSON.parse(readFileSync(join(needs, 'package.json'), 'utf8')).version
  const text = execFileSync(command, ['--version'], {
    encoding: 'utf8',
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return /\d[\w.-]*/.exec(text)?.[0] ?? ''
}

/** An app in a temporary folder, beside the runtimes, that has installed the packed package. */
export function createApp() {
  const path = mkdtempSync(join(import.meta.dirname, '.app-'))
  installPackage(path, ['ws', 'express', 'fastify'])
  writeFileSync(join(path, 'package.json'), '{"private":true,"type":"module"}')
  for (const name of ['smoke.mjs', 'support.mjs', 'entries', 'hosts', 'pages'])
    cpSync(join(import.meta.dirname, name), join(path, name), { recursive: true })
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/**
 * @param {{ command?: string, files?: Function, run: Function }} runtime
 * @param {string} app
 * @returns {Promise<Record<string, true | string>>} for each step `true`, or what went wrong
 */
export async function runSmoke({ command, files, run }, app) {
  const server = await startServer(app, await files?.(app))
  try {
    return await run({ app, command, base: server.base })
  } finally {
    await server.close()
  }
}

/** A process that is to end by itself once its clients are closed. */
function asProcess(...args) {
  return async ({ app, command, base }) => {
    const { output, ended } = await runToEnd(command, [...args, join(app, 'entries/process.mjs'), base], {
      cwd: app,
      isLastWord: (text) => text.endsWith('}\n'),
    })
    return { ...JSON.parse(output), 'ends by itself': ended }
  }
}

/**
 * @param {{ command: string, start: Function }} host
 * @param {string} app
 * @returns {Promise<Record<string, true | string>>} for each behaviour `true`, or what is wrong
 */
export async function runHost({ command, start }, app) {
  const { port, stop } = await start(app, command)
  try {
    return await runSuite(app, port)
  } finally {
    await stop()
  }
}

function asServer(name, ...args) {
  return (app, command) => startServing(command, [...args, join(app, `hosts/${name}.mjs`)], app)
}
