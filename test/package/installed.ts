import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { installPackage } from '../../scripts/pack.mjs'
import { root } from '../../scripts/run.mjs'

const peers = ['ws', 'react', 'react-dom', '@types/react', '@types/node', '@types/ws', 'undici-types', 'csstype']

/** An app in a temporary folder that has installed the packed package. */
export function createApp() {
  const app = mkdtempSync(join(tmpdir(), 'everwire-package-'))
  const files = installPackage(app, peers)
  return {
    path: app,
    files,
    write: (name: string, text: string) => writeFileSync(join(app, name), text),
    node: (...args: string[]) => start(process.execPath, args, app),
    tsc: (...args: string[]) => start(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], app),
    remove: () => rmSync(app, { recursive: true, force: true }),
  }
}

/** Its output, whether it failed or not: tsc prints its errors there. */
function start(command: string, args: string[], cwd: string) {
  try {
    return execFileSync(command, args, {
      cwd,
      encoding: 'utf8',
      timeout: 30_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim()
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    return `${stdout}${stderr}`.trim() || String(error)
  }
}
