/** Bytes that reach a browser: each client bundled and minified by esbuild, then compressed with brotli. Deterministic. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '../dist')

const clients = [
  { name: 'everwire', code: `export { createClient } from ${JSON.stringify(join(dist, 'index.js'))}` },
  { name: 'everwire/react', code: `export * from ${JSON.stringify(join(dist, 'react.js'))}` },
  { name: 'socket.io-client', code: `export { io } from 'socket.io-client'` },
  { name: 'centrifuge', code: `export { Centrifuge } from 'centrifuge'` },
  { name: 'phoenix', code: `export { Socket } from 'phoenix'` },
  { name: 'partysocket', code: `export { WebSocket } from 'partysocket'` },
  { name: 'sockjs-client', code: `export { default } from 'sockjs-client'` },
]

export async function measureBundles() {
  const rows = []
  for (const { name, code } of clients) {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: here },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      define: { global: 'globalThis', 'process.env.NODE_ENV': '"production"' },
      external: ['react'],
    })
    const bytes = outputFiles[0].contents
    rows.push({ name, minified: bytes.length, brotli: brotliCompressSync(bytes).length })
  }
  return rows
}
