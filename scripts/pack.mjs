import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './run.mjs'

/**
 * Unpacks the built package into the node_modules of an app, as npm would publish it. No network: peers are links to this project's own.
 *
 * @param {string} app
 * @param {string[]} peers
 * @returns {string[]} the names of its files
 */
export function installPackage(app, peers) {
  const packed = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', app))
  const { filename, files } = (Array.isArray(packed) ? packed : Object.values(packed))[0]
  mkdirSync(join(app, 'node_modules/everwire'), { recursive: true })
  execFileSync('tar', ['-xzf', join(app, filename), '-C', join(app, 'node_modules/everwire'), '--strip-components=1'])
  for (const peer of peers) {
    const link = join(app, 'node_modules', peer)
    mkdirSync(dirname(link), { recursive: true })
    symlinkSync(join(root, 'node_modules', peer), link)
  }
  return files.map(({ path }) => path)
}

function npm(...args) {
  return execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  })
}
