import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { startServing } from './child.mjs'

const config = `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-01-01",
      globalOutbound = "loopback"
    )),
    (name = "loopback", network = (allow = ["127.0.0.1/32"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);
`

/** Starts workerd with a worker of ours, has it asked once, and ends it: it is a server and does not end by itself. */
export async function runInWorkerd({ app, command, base }) {
  writeFileSync(join(app, 'worker.mjs'), await bundle(app, 'workerd', ['workerd', 'worker', 'browser']))
  writeFileSync(join(app, 'config.capnp'), config)
  const { value: port, stop } = await startServing(command, ['serve', '--control-fd=3', 'config.capnp'], {
    cwd: app,
    ready: (output) => /"listen".*?"port":\s*(\d+)/.exec(output)?.[1],
  })
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/?base=${base}`, { signal: AbortSignal.timeout(90_000) })
    if (!answer.ok) throw new Error(await answer.text())
    return await answer.json()
  } finally {
    await stop()
  }
}
