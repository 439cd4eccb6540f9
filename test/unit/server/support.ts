import { onTestFinished } from 'vitest'
import type { Clock } from '../../../src/environment/environment'
import type { Message } from '../../../src/protocol/frames'
import { type Core, createCore } from '../../../src/server/core'
import type { RequestView } from '../../../src/server/hosts'
import { nodeDigests } from '../../../src/server/node/digests'
import type { RealtimeOptions } from '../../../src/server/options'

type AnyFrame = unknown[]

/** Lets everything that can happen without time passing happen. */
export const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

/** A clock that stands still until told. */
export function createVirtualClock() {
  const timers = new Set<{ at: number; run: () => void }>()
  let now = 1_000_000
  const clock: Clock = {
    now: () => now,
    wall: () => now,
    random: () => 0.5,
    timer(ms, run) {
      const timer = { at: now + ms, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
  }
  async function pass(ms: number): Promise<void> {
    const end = now + ms
    await turn()
    for (;;) {
      const next = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      now = Math.max(now, next.at)
      timers.delete(next)
      next.run()
      await turn()
    }
    now = end
    await turn()
  }
  return {
    clock,
    pass,
    timers,
    /** The process has been up for a while. */
    skip(ms: number) {
      now += ms
    },
  }
}

export const request: RequestView = {
  url: '/realtime',
  headers: { host: 'example.com', cookie: 'a=b' },
  address: '127.0.0.1',
}

export const secretOf = (name: string) => `${name}`.padEnd(22, '0')

/** A core with a clock of its own, closed when the test is over; timers it leaves behind fail the test. */
export function startCore(options: RealtimeOptions<Record<string, object>, unknown> = {}) {
  const time = createVirtualClock()
  let seed = 0
  const errors: unknown[] = []
  const core = createCore(
    {
      clock: time.clock,
      randomBytes: (count) => new Uint8Array(count).map(() => seed++ % 256),
      later: setImmediate,
      ...nodeDigests,
    },
    { channels: open, onError: (error) => errors.push(error), ...options },
  )
  time.skip(10_000)
  onTestFinished(async () => {
    const closed = core.close()
    await time.pass(6_000)
    await closed
    if (time.timers.size > 0) throw new Error(`the server left ${time.timers.size} timers behind`)
  })
  return {
    core,
    errors,
    ...time,
    connect: () => connect(core),
    poll: (frames: AnyFrame[], more?: object) => poll(core, frames, more),
  }
}

/** Everything is allowed. */
export const open = {
  'room:{id}': { publish: () => true, requests: { echo: ({ input }: { input: unknown }) => input } },
} as const

/** One WebSocket, from the client's side. */
export function connect(core: Core) {
  const frames: AnyFrame[] = []
  const messages: Message[] = []
  const state = { closed: undefined as number | undefined, buffered: 0 }
  const handlers = core.accept({
    request,
    send(message) {
      messages.push(message)
      if (typeof message === 'string') for (const line of message.split('\n')) frames.push(JSON.parse(line))
    },
    close(code) {
      state.closed ??= code
    },
    buffered: () => state.buffered,
  })
  return {
    handlers,
    frames,
    messages,
    state,
    async say(...said: AnyFrame[]): Promise<AnyFrame[]> {
      return this.raw(said.map((frame) => JSON.stringify(frame)).join('\n'))
    },
    /** Returns what the server said to it. */
    async raw(message: Message): Promise<AnyFrame[]> {
      const from = frames.length
      handlers.receive(message)
      await turn()
      await turn()
      return frames.slice(from)
    },
    async hello(name: string, more: object = {}, ...rest: AnyFrame[]) {
      return this.say(['h', { v: 1, s: secretOf(name), g: 1, ...more }], ...rest)
    },
    of: (op: string) => frames.filter((frame) => frame[0] === op),
  }
}

/** One exchange. `answer` resolves with the frames of the body. */
export function poll(core: Core, frames: AnyFrame[], view: object = {}) {
  const controller = new AbortController()
  const body = frames.map((frame) => JSON.stringify(frame)).join('\n')
  let settled: { status: number; frames: AnyFrame[] } | undefined
  const answer = core.exchange({ ...request, ...view }, body, controller.signal).then(({ status, body: text }) => {
    settled = { status, frames: text ? text.split('\n').map((line) => JSON.parse(line)) : [] }
    return settled
  })
  return {
    answer,
    abort: () => controller.abort(),
    get settled() {
      return settled
    },
    frames: async () => (await answer).frames,
  }
}

export const hello = (name: string, w: number, more: object = {}) => [
  'h',
  { v: 1, s: secretOf(name), g: 1, w, ...more },
]

/** The frames of one opcode. */
export const only = (frames: AnyFrame[], op: string) => frames.filter((frame) => frame[0] === op)

/** Frames cut to their first elements, for tests that do not mind the rest. */
export const brief = (frames: AnyFrame[], length = 3) => frames.map((frame) => frame.slice(0, length))

/** The ticket of a welcome. */
export function ticketOf(frames: AnyFrame[]): string {
  const [, info] = only(frames, 'w')[0] ?? []
  return (info as { k: string }).k
}
