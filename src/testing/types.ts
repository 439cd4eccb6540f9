import type { Client } from '../client/api'
import type { ClientOptions } from '../client/types'
import type { RealtimeCommands } from '../server/commands'

/**
 * How the world of a kit begins.
 *
 * @example createTestKit<Chat>(options, { seed: 7, trace: console.log })
 */
export interface TestKitSettings {
  /** Decides every draw of chance: jitter, ids, secrets. The same seed gives the same run. Default 1. */
  seed?: number | undefined
  /** What the wall clocks show at the beginning, ms since 1970. Default: a moment in May 2026. */
  date?: number | undefined
  /** Gets a line for each thing that happens, with the messages on the wire: `trace: console.log` shows why a test fails. */
  trace?: ((line: string) => void) | undefined
}

/**
 * Options of `kit.client`: those of `createClient`, without what the kit provides.
 *
 * @example kit.client({ auth: () => 'ada', transports: ['polling'] })
 */
export type TestClientOptions = Omit<ClientOptions, 'url' | 'WebSocket' | 'fetch'>

/**
 * What can be done to the network. Each takes effect at once; what follows from it is run by `settle` and `advance`.
 *
 * @example
 * kit.network.drop()
 * await kit.advance(2_000)
 */
export interface TestNetwork {
  /** Resets every open connection. Both sides are told; the next dial gets through. */
  drop(): void
  /** Every open connection goes dead and nobody is told: what is sent on it never arrives. The next dial gets through. */
  halfOpen(): void
  /** Everything takes so long from now on, ms one way. Default 0: a round trip takes no time. */
  delay(ms: number): void
  /**
   * Lets no WebSocket through, as some proxies do, and resets those that are open. Long-polling works.
   *
   * @param how `refuse`: the dial fails (default) · `hang`: it never ends · `silent`: it opens, and then nothing passes
   */
  blockWebSocket(how?: 'refuse' | 'hang' | 'silent'): void
  /** Ends `blockWebSocket`. The client finds out by itself, at its next probe: 2 s after it lost its WebSocket, then less and less often. */
  allowWebSocket(): void
  /** Takes the network away, and says so as a browser does. */
  offline(): void
  /** Gives it back, and says so. */
  online(): void
}

/**
 * The network of all clients, those to come included, or `of` one.
 *
 * @example kit.network.of(ada).offline()
 */
export interface TestNetworks<C> extends TestNetwork {
  /** The network of one client of this kit: `kit.network.of(ada).offline()`. */
  of(client: Client<C>): TestNetwork
}

/**
 * The server of a kit: the real one, without sockets.
 *
 * @example await kit.server.publish('room:1', 'message', { text: 'hi' })
 */
export interface TestServer<C> extends Omit<RealtimeCommands<C>, 'close'> {
  /** Out of reach from now on: connections are reset, dials fail. The server goes on, and may publish. */
  stop(): void
  /** Ends `stop`. */
  start(): void
  /**
   * The process ends without a word, and another begins at once.
   *
   * @param options `memory`: false = the logs of all channels are lost, as with the embedded broker (default true: as with a shared
   * one; a `broker` that was handed in is kept always) · `drain`: says good-bye first, telling clients to come back within so many ms
   */
  restart(options?: { memory?: boolean | undefined; drain?: number | undefined }): void
}

/**
 * A small world with a server, a network and as many clients as you like, in which time passes when you say so.
 *
 * @example
 * const kit = createTestKit<Chat>({ channels: { 'room:{id}': { publish: () => true } } })
 */
export interface TestKit<C> {
  /** A real client on the simulated network. Closed by `kit.close()`. */
  client(options?: TestClientOptions): Client<C>
  readonly server: TestServer<C>
  readonly network: TestNetworks<C>
  /** Virtual ms since the beginning. */
  readonly now: number
  /**
   * Runs everything that is due now; time stands still.
   *
   * @param promise what is to be settled by then; its value is returned, or its reason thrown
   * @throws Error if `promise` is still pending: it needs time
   * @example const { offset } = await kit.settle(room.publish('message', { text: 'hi' }))
   */
  settle<T = void>(promise?: Promise<T>): Promise<T>
  /** Lets so many ms pass, in order, with everything that falls due. */
  advance(ms: number): Promise<void>
  /** The clients' machines sleep for so long, ms, and wake: their timers stand still meanwhile, the server's do not. */
  sleep(ms: number): Promise<void>
  /** Ends everything. No timer, socket or promise of the kit is left. */
  close(): Promise<void>
}
