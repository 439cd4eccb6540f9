import type { Client } from '../client/api'
import { clientFor } from '../create'
import type { RealtimeOptions } from '../server/options'
import type { UntypedContract } from '../shared/contract'
import { createMachine, wallStart } from './machine'
import { createNetwork, perfect, positive, type Way } from './network'
import { createPath, type Text } from './path'
import { createPlatform } from './platform'
import { createRandom } from './random'
import { createScheduler } from './scheduler'
import { type CoreOptions, createBackend } from './server'
import { nextTurn } from './turn'
import type { TestKit, TestKitSettings, TestServer } from './types'

/**
 * The server has been there for so long, ms, when the kit begins, as servers have. What was first tried in the moment in which one
 * began would be `unknown` to it when it is tried again: its records may not reach back to that.
 */
const headStart = 1_000

/** Good-byes have arrived and the server is done by then, ms. */
const closingMs = 2_000

/**
 * Makes a world for a test: the real client and the real server, a network that fails on command, and a clock that stands still until
 * it is told to go on. Takes the options of `createRealtime`. Nothing in it uses a socket or a real timer, and the same test does the
 * same thing each time.
 *
 * @example
 * const kit = createTestKit<Chat>({ channels: { 'room:{id}': { publish: () => true } } })
 * const client = kit.client()
 * const seen: string[] = []
 * client.channel('room:1').on('message', ({ text }) => seen.push(text))
 * await kit.settle()
 * kit.network.drop()
 * await kit.server.publish('room:1', 'message', { text: 'while you were away' })
 * await kit.advance(2_000)
 * expect(seen).toEqual(['while you were away'])
 * await kit.close()
 */
export function createTestKit<
  C = UntypedContract,
  // biome-ignore lint/suspicious/noExplicitAny: as in `createRealtime`
  User = any,
>(options: RealtimeOptions<NoInfer<C>, User> = {}, settings: TestKitSettings = {}): TestKit<C> {
  const { seed = 1, date = wallStart, trace } = settings
  const wall = date - headStart
  const scheduler = createScheduler(nextTurn)
  const random = createRandom(seed)
  const conditions = { ...perfect }
  const ways = new Map<Client<C>, Way>()
  let closed = false
  const now = () => scheduler.now - headStart

  const tracer = (who: string) => (what: Text) =>
    trace?.(`${now().toFixed(0).padStart(7)} ms  ${who.padEnd(8)} ${typeof what === 'string' ? what : what()}`)
  const backend = createBackend({
    scheduler,
    random: random.fork(),
    options: options as unknown as CoreOptions,
    wall,
    trace: tracer('server'),
  })
  scheduler.skip(headStart)

  function waysOf(client: Client<C>): Way[] {
    const way = ways.get(client)
    if (!way) throw new TypeError('not a client of this kit')
    return [way]
  }

  return {
    client(clientOptions) {
      if (closed) throw new Error('this kit is closed')
      const name = `client ${ways.size + 1}`
      const path = createPath({
        name,
        scheduler,
        machine: createMachine(scheduler, random.fork(), wall),
        random: random.fork(),
        conditions: { ...conditions },
        noticeMs: 0,
        trace: tracer(name),
      })
      const platform = createPlatform(path, backend.site)
      const client = clientFor(platform.environment)<C>({
        ...clientOptions,
        // an app that was written for `createClient` may bring its own
        url: 'http://test/realtime',
        WebSocket: undefined,
        fetch: undefined,
      })
      ways.set(client, { path, platform })
      return client
    },
    server: backend.server as TestServer<C>,
    network: {
      ...createNetwork(
        () => ways.values(),
        (change) => Object.assign(conditions, change),
      ),
      of(client) {
        const way = waysOf(client)
        return createNetwork(
          () => way,
          () => {},
        )
      },
    },
    get now() {
      return now()
    },
    async settle<T>(promise?: Promise<T>): Promise<T> {
      let pending = promise !== undefined
      const done = () => {
        pending = false
      }
      promise?.then(done, done)
      await scheduler.run(scheduler.now)
      if (pending) throw new Error(`still pending after everything due at ${now()} ms: it needs kit.advance(ms)`)
      return promise as Promise<T>
    },
    advance: async (ms) => scheduler.run(scheduler.now + positive(ms)),
    async sleep(ms) {
      positive(ms)
      for (const { path } of ways.values()) path.machine.sleep(true)
      await scheduler.run(scheduler.now + ms)
      for (const { path, platform } of ways.values()) {
        path.machine.wake()
        platform.hint('wake')
      }
      await scheduler.run(scheduler.now)
    },
    async close() {
      if (closed) return
      closed = true
      for (const client of ways.keys()) client.close()
      const gone = backend.close()
      await scheduler.run(scheduler.now + closingMs)
      await gone
    },
  }
}
