/** The runtimes, and how the smoke test gets into each of them. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackage } from '../../scripts/pack.mjs'
import { program } from '../../scripts/programs.mjs'
import { runToEnd } from './child.mjs'
import { inChromium } from './chromium.mjs'
import { startServer } from './server.mjs'
import { runInWorkerd } from './workerd.mjs'

const installed = (path) => join(import.meta.dirname, 'node_modules', path)
const chromium = program('chromium')

/** `command`: its executable, undefined where there is none. `run` resolves with `true` or what went wrong, for each step. */
export const runtimes = [
  ...[20, 22, 24, 26].map((major) => ({
    name: `Node ${major}`,
    command: installed(`node-${major}/bin/node`),
    run: asProcess(),
  })),
  { name: 'Bun', command: installed('@oven/bun-linux-x64/bin/bun'), run: asProcess('--no-install') },
  {
    name: 'Deno',
    command: installed('@deno/linux-x64-glibc/deno'),
    run: asProcess('run', '--no-remote', '--no-lock', '--node-modules-dir=manual', '--allow-net=127.0.0.1'),
  },
  { name: 'workerd', command: installed('@cloudflare/workerd-linux-64/bin/workerd'), run: runInWorkerd },
  { name: 'Chromium, page', command: chromium, ...inChromium('page') },
  { name: 'Chromium, web worker', command: chromium, ...inChromium('worker') },
  { name: 'Chromium, service worker', command: chromium, ...inChromium('service-worker') },
]

/** What every machine with this project has. */
export const thisNode = { name: 'this Node', command: process.execPath, run: asProcess() }

export const isThere = ({ command }) => command !== undefined && existsSync(command)

/** Its version, as it says it. */
export function versionOf({ command }) {
  const text = execFileSync(command, ['--version'], {
    encoding: 'utf8',
    timeout: 30_000,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return /\d[\w.-]*/.exec(text)?.[0] ?? ''
}

/** An app in a temporary folder that has installed the packed package. */
export function createApp() {
  const path = mkdtempSync(join(tmpdir(), 'everwire-runtimes-'))
  installPackage(path, ['ws'])
  writeFileSync(join(path, 'package.json'), '{"private":true,"type":"module"}')
  for (const name of ['smoke.mjs', 'entries'])
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
