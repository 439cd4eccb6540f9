import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const root = join(import.meta.dirname, '../..')

/** An app in a temporary folder, with the package as npm would publish it. No network: peers are links to this project's own. */
export function installPackage() {
  const app = mkdtempSync(join(tmpdir(), 'everwire-package-'))
  const packed = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', app))
  const { filename, files } = (Array.isArray(packed) ? packed : Object.values(packed))[0]
  mkdirSync(join(app, 'node_modules/everwire'), { recursive: true })
  execFileSync('tar', ['-xzf', join(app, filename), '-C', join(app, 'node_modules/everwire'), '--strip-components=1'])
  const types = ['@types/react', '@types/node', '@types/ws', 'undici-types', 'csstype']
  for (const peer of ['ws', 'react', 'react-dom', ...types]) {
    const link = join(app, 'node_modules', peer)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', peer), link)
  }
  return {
    path: app,
    files: files.map((file: { path: string }) => file.path) as string[],
    write: (name: string, text: string) => writeFileSync(join(app, name), text),
    node: (...args: string[]) => start(process.execPath, args, app),
    tsc: (...args: string[]) => start(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...args], app),
    remove: () => rmSync(app, { recursive: true, force: true }),
  }
}

function npm(...args: string[]) {
  return execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
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
