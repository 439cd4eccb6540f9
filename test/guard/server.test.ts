import { createHook } from 'node:async_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, onTestFinished, test, vi } from 'vitest'
import { type Core, createCore } from '../../src/server/core'
import { nodeDigests } from '../../src/server/node/digests'
import { createFakeClock } from '../support/fake-clock'

/** A server on a virtual clock that counts who looks at it. */
function setUp() {
  const clock = createFakeClock()
  const reads = { count: 0 }
  const now = () => {
    reads.count++
    return clock.now()
  }
  let bytes = 0
  const core = createCore(
    // a different epoch each time, and no randomness
    { ...nodeDigests, clock: { ...clock, now }, randomBytes: (n) => new Uint8Array(n).fill(bytes++) },
    { channels: { 'lab:{id}': { publish: () => true } }, limits: { framesPerSecond: 1e6, sendsPerSecond: 1e6 } },
  )
  onTestFinished(() => core.close())
  return { clock, core, reads }
}

const request = { url: '/', headers: {}, address: '' }
const secretOf = (i: number) => `${i}`.padStart(22, '0')
const lines = (...frames: unknown[]) => frames.map((frame) => JSON.stringify(frame)).join('\n')

function open(core: Core, i: number, ...frames: unknown[]) {
  const sent: unknown[] = []
  const handlers = core.accept({ request, send: (message) => sent.push(message), close() {}, buffered: () => 0 })
  handlers.receive(lines(['h', { v: 1, s: secretOf(i), g: 1 }], ...frames))
  return { sent, handlers }
}

/** Bytes that are alive. */
function alive(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let i = 0; i < 3; i++) collect()
  return process.memoryUsage().heapUsed
}

test('a publish is serialised once, looks at the clock twice, and waits for nothing', async () => {
  const { clock, core, reads } = setUp()
  const { sent, handlers } = open(core, 1, ['s', 'lab:1', null])
  await clock.advance(100)
  const batch = (from: number) =>
    lines(...Array.from({ length: 100 }, (_, i) => ['p', from + i, 'lab:1', 'e', { text: 'hello' }]))
  handlers.receive(batch(1))
  await clock.advance(100)
  const [first, second] = [batch(101), sent.length]
  let promises = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE') promises++
    },
  })
  const stringify = vi.spyOn(JSON, 'stringify')
  onTestFinished(() => stringify.mockRestore())
  reads.count = 0
  hook.enable()
  handlers.receive(first)
  hook.disable()
  await clock.advance(0)
  expect(sent.slice(second).join('\n').match(/"m"/g)?.length).toBe(100)
  expect(stringify.mock.calls.length).toBe(100)
  // two each, and two for the whole message
  expect(reads.count).toBeLessThanOrEqual(202)
  expect(promises).toBe(0)
})

test('an event for a hundred readers is serialised as often as one for a single reader, and is one message to each', async () => {
  const { clock, core } = setUp()
  const readers = Array.from({ length: 100 }, (_, i) => open(core, i, ['s', 'lab:1', null]))
  await clock.advance(100)
  const before = readers.map(({ sent }) => sent.length)
  const stringify = vi.spyOn(JSON, 'stringify')
  onTestFinished(() => stringify.mockRestore())
  void core.publish('lab:1', 'e', { text: 'hello' })
  void core.publish('lab:1', 'e', { text: 'hello' })
  await clock.advance(0)
  // once to know its size, once for the log
  expect(stringify.mock.calls.length).toBe(4)
  expect(readers.map(({ sent }, i) => sent.length - (before[i] ?? 0))).toEqual(readers.map(() => 1))
})

test('a subscribed WebSocket takes less than 5.3 kB without its socket, a parked poll less than 4.4', async () => {
  const { clock, core } = setUp()
  const count = 1_000
  const socket = { request, send() {}, close() {}, buffered: () => 0 }
  const gone = { aborted: false, addEventListener() {}, removeEventListener() {} }
  const connect = (i: number) =>
    core.accept(socket).receive(lines(['h', { v: 1, s: secretOf(i), g: 1 }], ['s', 'lab:1', null]))
  async function park(i: number) {
    const say = (hello: object, cursor: unknown) =>
      core.exchange(request, lines(['h', { v: 1, s: secretOf(i), ...hello }], ['s', 'lab:1', cursor]), gone)
    const { body } = await say({ g: 1, w: 0 }, null)
    const [welcome, joined] = body.split('\n').map((line) => JSON.parse(line))
    void say({ g: 2, w: 25_000, k: welcome[1].k }, joined[3])
  }
  const taken: number[] = []
  for (const [place, more] of [connect, park].entries()) {
    const some = async (from: number) => {
      for (let i = from; i < from + count; i++) void more(10_000 * place + i)
      await clock.advance(0)
    }
    // what is loaded and compiled with the first is not theirs
    await some(0)
    const before = alive()
    await some(count)
    taken.push((alive() - before) / count)
  }
  expect(core.stats().connections).toEqual({ websocket: 2 * count, polling: 2 * count })
  const [webSocket, parked] = taken
  expect(webSocket).toBeLessThan(5_300)
  expect(parked).toBeLessThan(4_400)
})
