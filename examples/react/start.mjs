/**
 * `npm start` builds the page and serves it; `npm run dev` (`--dev`) serves it from its sources, with hot reloading.
 * Node 20 does not run TypeScript, so Vite, which is here anyway, loads the server. PORT chooses the port, 0 takes any.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const dev = process.argv.includes('--dev')
process.env.NODE_ENV ||= dev ? 'development' : 'production' // else loading the server decides which React the page gets
const root = fileURLToPath(new URL('.', import.meta.url))
if (!existsSync(`${root}node_modules/everwire/dist`)) {
  console.error('everwire is not built yet: npm install && npm run build, in the root of the repository')
  process.exit(1)
}
const { module } = await runnerImport(`${root}server.ts`, { root, configFile: false })
await module.start({ root, dev, port: Number(process.env.PORT ?? 4200) })
