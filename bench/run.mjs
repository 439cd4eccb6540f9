/** `npm run bench`: installs the peers if needed, builds everwire if it is stale, prints a table and writes bench/results.json. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../scripts/build.mjs'
import { root, run } from '../scripts/run.mjs'

const bench = join(root, 'bench')
if (!existsSync(join(bench, 'node_modules'))) await run('npm', ['ci', '--prefix', bench])
await build({ ifStale: true })
const { measureBundles } = await import('./bundle.mjs')

const bundles = await measureBundles()
console.log('| client | minified, B | min + brotli, B |\n|---|---|---|')
for (const { name, minified, brotli } of bundles) console.log(`| ${name} | ${minified} | ${brotli} |`)
writeFileSync(join(bench, 'results.json'), `${JSON.stringify({ node: process.version, bundles }, null, 2)}\n`)
