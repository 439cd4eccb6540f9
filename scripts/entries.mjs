/**
 * The package's entries: the build, the size limits, the reference, the test aliases and the package tests all read this table.
 * After a change here, `node scripts/entries.mjs --write` renews `exports` in package.json.
 *
 * `limit`: what size-limit allows, min + brotli · `imports`: what it imports to measure · `client`: "use client" for React servers.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { isMain } from './run.mjs'

export const entries = [
  {
    path: '.',
    source: 'src/index.ts',
    nodeSource: 'src/index.node.ts',
    output: 'index',
    imports: '{ createClient }',
    limit: '7.99 kB',
  },
  {
    path: './socket',
    source: 'src/socket/index.ts',
    nodeSource: 'src/socket/index.node.ts',
    output: 'socket',
    imports: '{ ReconnectingWebSocket }',
    limit: '2.8 kB',
  },
  { path: './server', source: 'src/server/index.ts', output: 'server' },
  { path: './server/fetch', source: 'src/server/fetch/index.ts', output: 'server-fetch' },
  { path: './react', source: 'src/react/index.ts', output: 'react', client: true, imports: '*', limit: '0.8 kB' },
  { path: './testing', source: 'src/testing/index.ts', output: 'testing', imports: '*', limit: '32 kB' },
  { path: './inspector', source: 'src/inspector/index.ts', output: 'inspector', imports: '*', limit: '14 kB' },
]

/**
 * Properties that never leave the package and name nothing of a platform or of the wire: the build shortens them. A test of the package
 * holds them against the declarations.
 */
export const internalNames = [
  'alive',
  'asked',
  'changes',
  'cursor',
  'denied',
  'fits',
  'free',
  'generation',
  'giveUp',
  'hear',
  'mostBytes',
  'outbox',
  'probe',
  'reader',
  'release',
  'repeats',
  'silence',
  'spread',
  'streams',
  'subscriptions',
  'tried',
  'webSocket',
]

/** What a user writes: './react' → 'everwire/react'. */
export const specifier = ({ path }) => `everwire${path.slice(1)}`

/** package.json's `exports`. Conditions are tried in order: `node` has to stand first. */
export function exportsOf(table = entries) {
  const pair = (output, types = output) => ({
    import: { types: `./dist/${types}.d.ts`, default: `./dist/${output}.js` },
    require: { types: `./dist/${types}.d.cts`, default: `./dist/${output}.cjs` },
  })
  const one = ({ output, nodeSource }) => ({
    ...(nodeSource && { node: pair(`${output}.node`, output) }),
    ...pair(output),
  })
  return {
    ...Object.fromEntries(table.map((entry) => [entry.path, one(entry)])),
    './package.json': './package.json',
  }
}

if (isMain(import.meta.url) && process.argv.includes('--write')) {
  const file = new URL('../package.json', import.meta.url)
  const manifest = JSON.parse(readFileSync(file, 'utf8'))
  manifest.exports = exportsOf()
  writeFileSync(file, `${JSON.stringify(manifest, null, 2)}\n`)
}
