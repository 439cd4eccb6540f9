/** Each client bundled and minified by esbuild, then compressed with brotli. Deterministic. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'
import { atMost } from '../lib/numbers.mjs'

const bench = dirname(dirname(fileURLToPath(import.meta.url)))
const entry = (name) => JSON.stringify(join(bench, '../dist', `${name}.js`))

const clients = [
  { name: 'everwire', code: `export { createClient } from ${entry('index')}` },
  { name: 'everwire/react, on top', code: `export * from ${entry('react')}` },
  { name: 'everwire/socket', code: `export { ReconnectingWebSocket } from ${entry('socket')}`, optional: true },
  { name: 'socket.io-client', code: `export { io } from 'socket.io-client'` },
  { name: 'centrifuge', code: `export { Centrifuge } from 'centrifuge'` },
  { name: 'phoenix', code: `export { Socket } from 'phoenix'` },
  { name: 'partysocket', code: `export { WebSocket } from 'partysocket'` },
  { name: 'sockjs-client', code: `export { default } from 'sockjs-client'` },
]

async function measure({ code, optional }) {
  const options = {
    stdin: { contents: code, resolveDir: bench },
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
    external: ['react', 'everwire'],
    logLevel: 'silent',
  }
  try {
    const { contents } = (await build(options)).outputFiles[0]
    return [contents.length, brotliCompressSync(contents).length]
  } catch (error) {
    if (optional) return undefined
    throw error
  }
}

export default {
  name: 'bundle',
  title: 'Bytes that reach a browser',
  about: `Each client's usual import, bundled and minified by esbuild for browsers (ES2022), then compressed with brotli at its
default quality; React is not counted. Deterministic for the versions in \`bench/package-lock.json\`. Clients do different amounts of work:
partysocket reconnects one WebSocket and has no fallback.`,
  async run() {
    const rows = []
    for (const client of clients) {
      const cells = await measure(client)
      if (cells) rows.push({ label: client.name, cells })
    }
    const brotli = (name) => rows.find(({ label }) => label.startsWith(name))?.cells[1]
    const socket = brotli('everwire/socket')
    return {
      tables: [{ columns: ['minified, B', 'min + brotli, B'], rows }],
      goals: [
        atMost('`everwire`, min + brotli', brotli('everwire'), 6_000, 'B'),
        ...(socket ? [atMost('`everwire/socket`, min + brotli', socket, 2_400, 'B')] : []),
        atMost('`everwire/react` on top', brotli('everwire/react'), 800, 'B'),
      ],
    }
  },
}
