import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'
import { startServing } from './child.mjs'

const configOf = (worker) => `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "loopback", network = (allow = ["127.0.0.1/32"]))
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]
);

const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.mjs")],
  compatibilityDate = "2026-01-01",
  globalOutbound = "loopback",
  ${worker}
);
`

const durableObject = `compatibilityFlags = ["nodejs_compat"],
  durableObjectNamespaces = [(className = "Realtime", uniqueKey = "realtime")],
  durableObjectStorage = (inMemory = void),
  bindings = [(name = "realtime", durableObjectNamespace = "Realtime")]`

/** Starts workerd with a worker of ours. */
async function serve(app, command, entry, worker) {
  writeFileSync(join(app, 'worker.mjs'), await bundle(app, entry, ['workerd', 'worker', 'browser']))
  writeFileSync(join(app, 'config.capnp'), configOf(worker))
  return startServing(command, ['serve', '--control-fd=3', 'config.capnp'], app)
}

/** Has the smoke test run by a worker that is asked for it. workerd is a server and does not end by itself. */
export async function runInWorkerd({ app, command, base }) {
  const { port, stop } = await serve(app, command, 'entries/workerd.mjs', '')
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/?base=${base}`, { signal: AbortSignal.timeout(90_000) })
    if (!answer.ok) throw new Error(await answer.text())
    return await answer.json()
  } finally {
    await stop()
  }
}

export const hostInWorkerd = (app, command) => serve(app, command, 'hosts/workerd.mjs', durableObject)
