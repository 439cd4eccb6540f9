/**
 * `npm run example:react`: the React example from a clone of the repository, with the packages that are there already.
 * What `npm install` would do in its folder for everwire is done here: a link to the repository. PORT chooses the port.
 */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { build } from './build.mjs'
import { root } from './run.mjs'
import { setup } from './setup.mjs'

await setup({ system: false })
await build({ ifStale: true })
const packages = join(root, 'examples/react/node_modules')
mkdirSync(packages, { recursive: true })
if (!existsSync(join(packages, 'everwire'))) symlinkSync(root, join(packages, 'everwire'), 'junction')
await import('../examples/react/start.mjs')
