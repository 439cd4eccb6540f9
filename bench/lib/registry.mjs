/** Every adapter and every scenario, in the order of the tables. everwire is the first adapter. */
import acknowledged from '../scenarios/acknowledged.mjs'
import bundle from '../scenarios/bundle.mjs'
import bytes from '../scenarios/bytes.mjs'
import compression from '../scenarios/compression.mjs'
import deadLink from '../scenarios/dead-link.mjs'
import fanOut from '../scenarios/fan-out.mjs'
import firstEvent from '../scenarios/first-event.mjs'
import hostile from '../scenarios/hostile.mjs'
import idle from '../scenarios/idle.mjs'
import killed from '../scenarios/killed.mjs'
import memory from '../scenarios/memory.mjs'
import polling from '../scenarios/polling.mjs'
import restart from '../scenarios/restart.mjs'
import throughput from '../scenarios/throughput.mjs'

const names = [
  'everwire',
  'ws',
  'partysocket',
  'socketio',
  'socketio-recovery',
  'sockjs',
  'faye',
  'phoenix',
  'centrifuge',
]

/** Each `{ name, label, … }`: what the scenarios ask to know who can do what. */
export async function loadAdapters(wanted = names) {
  const load = async (name) => ({ name, ...(await import(`../adapters/${name}.mjs`)).default })
  return Promise.all(wanted.map(load))
}

/** Neighbours that are `quiet`, because they wait more than they work, run at the same time. */
export const scenarios = [
  bundle,
  firstEvent,
  bytes,
  polling,
  throughput,
  fanOut,
  compression,
  memory,
  acknowledged,
  killed,
  hostile,
  restart,
  deadLink,
  idle,
]
