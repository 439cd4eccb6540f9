/**
 * Where the time of acknowledged sends goes: a client floods a server, a process each, and both are profiled.
 *
 *     npm run profile                       20 sends per turn
 *     npm run profile -- --burst 1          one per turn
 *     npm run profile -- --functions 20     and the functions that take most, of each
 *
 * Shares are of the time a process works, as V8's sampling profiler sees it: JSON and other builtins count for who calls them.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from './build.mjs'

const { values } = parseArgs({
  options: { burst: { type: 'string', default: '20' }, functions: { type: 'string', default: '8' } },
})

/** What a function belongs to. */
function ownerOf({ functionName, url }) {
  if (functionName === '(garbage collector)') return 'garbage collection'
  if (url.includes('/dist/')) return 'everwire'
  if (url.includes('/node_modules/ws/')) return 'ws'
  return 'Node and the system'
}

function add(map, key, time) {
  map.set(key, (map.get(key) ?? 0) + time)
}

const largest = (map, total) =>
  [...map].sort((a, b) => b[1] - a[1]).map(([key, time]) => ({ key, share: (100 * time) / total }))

/** Shares of the working time, by owner and by function. */
function sharesOf({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const owners = new Map()
  const functions = new Map()
  let total = 0
  for (const [i, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame.functionName === '(idle)' || frame.functionName === '(program)') continue
    total += timeDeltas[i]
    add(owners, ownerOf(frame), timeDeltas[i])
    add(functions, `${frame.functionName || '(anonymous)'} of ${ownerOf(frame)}`, timeDeltas[i])
  }
  return { owners: largest(owners, total), functions: largest(functions, total) }
}

await build({ ifStale: true })
const start = (role, args = []) =>
  fork(fileURLToPath(new URL('profile/flood.mjs', import.meta.url)), [role, ...args], { serialization: 'advanced' })
const server = start('server')
const [{ port }] = await once(server, 'message')
const client = start('client', [port, values.burst])
const [{ perSecond, profile }] = await once(client, 'message')
server.send('profile')
const [{ profile: ofServer }] = await once(server, 'message')
client.disconnect()
server.disconnect()

console.log(`${Math.round(perSecond).toLocaleString('en')} acknowledged sends per second, ${values.burst} per turn`)
for (const [name, one] of Object.entries({ client: profile, server: ofServer })) {
  const { owners, functions } = sharesOf(one)
  const line = (shares) => shares.map(({ key, share }) => `${share.toFixed(0).padStart(4)} %  ${key}`).join('\n')
  console.log(`\n${name}:\n${line(owners)}\n\n${line(functions.slice(0, Number(values.functions)))}`)
}
