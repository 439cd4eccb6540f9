/** The one proxy process between all clients and servers: the fault proxy of the tests, bundled from its source. */
import { build } from 'esbuild'
import { startChild } from './process.mjs'

const path = (file) => new URL(file, import.meta.url).pathname

export async function startProxy() {
  await build({
    entryPoints: [path('../../test/support/proxy/fault-proxy.ts')],
    outfile: path('../.build/fault-proxy.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  const child = startChild('./proxy-process.mjs', ['proxy'])
  return {
    /** `rtt`: ms of a round trip; a new connection costs one, too. `rules` as in test/support/proxy/rules.ts. */
    async open(target, { rtt = 0, ...rules } = {}) {
      const latency = { up: rtt / 2, down: rtt / 2 }
      const { id, port } = await child.ask('open', { target, rules: { latency, ...rules } })
      return {
        port,
        set: (changed) => child.ask('set', { id, rules: changed }),
        /** RST on every WebSocket that is open. */
        cutWebSockets: () => child.ask('cutWebSockets', { id }),
        /** What is open delivers nothing any more, and nobody is told. */
        silence: () => child.ask('silence', { id }),
        /** Counts bytes and bursts from now on. */
        watch: () => child.ask('watch', { id }),
        stats: () => child.ask('stats', { id }),
        close: () => child.ask('close', { id }),
      }
    },
    kill: child.kill,
  }
}
