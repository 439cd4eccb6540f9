/** `npm run demo`: installs what is missing, builds, and serves the demo page. PORT chooses the port. */
import { build } from './build.mjs'
import { setup } from './setup.mjs'

await setup({ system: false })
await build({ ifStale: true })
const { startDemo } = await import('../examples/vanilla/server.mjs')
await startDemo({ port: Number(process.env.PORT ?? 4100) })
