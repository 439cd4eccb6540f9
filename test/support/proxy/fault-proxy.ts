import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createRandom } from '../../../src/testing/random'
import { type Connection, createConnections } from './connections'
import { createEventLog } from './events'
import { exchange } from './exchange'
import { read } from './forward'
import { type FaultRules, harmless } from './rules'
import { createTimers } from './timers'
import { upgrade } from './upgrade'

export type Target = string | number | { host: string; port: number }

export interface FaultProxyOptions {
  /** `http://127.0.0.1:8080`, a port of loopback, or both parts. */
  target: Target
  rules?: Partial<FaultRules>
  /** Seed of the dice for `fail` (default 1). */
  seed?: number
}

/**
 * A proxy on loopback between a client and its server that does what bad networks and bad proxies do, while it runs.
 *
 * @example
 * const proxy = await createFaultProxy({ target: server.url })
 * proxy.set({ upgrade: 403 })
 * await proxy.events.next('upgrade')
 * await proxy.close()
 */
export async function createFaultProxy(options: FaultProxyOptions) {
  const rules: FaultRules = { ...harmless, ...options.rules }
  const events = createEventLog()
  const timers = createTimers()
  const random = createRandom(options.seed ?? 1)
  const connections = createConnections(rules, events, timers)
  const proxy = { rules, events, timers, target: whereTo(options.target) }
  const counts = { requests: 0, upgrades: 0 }
  // accepted by the kernel, not served: what a network that is away looks like
  const held = new Set<Connection>()

  const dice = () => (rules.fail && random.chance(rules.fail.percent / 100) ? random.pick(rules.fail.how) : null)

  async function onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const connection = connections.of(request.socket)
    connection.touch()
    const body = await read(request).catch(() => null)
    if (!body || !connection.open.up) return
    connection.touch()
    counts.requests++
    events.tell({ type: 'request', connection: connection.id, method: request.method!, url: request.url! })
    exchange(proxy, connection, dice, request, response, body)
  }

  // it never listens: it only parses what the accepting server hands to it
  const http = createHttpServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 })
  http.on('request', (request, response) => void onRequest(request, response))
  http.on('upgrade', (request, socket, head) => {
    counts.upgrades++
    upgrade(proxy, connections.of(socket as Socket), dice, request, head)
  })
  http.on('clientError', (_, socket) => socket.destroy())

  const serve = ({ socket }: Connection) => !socket.destroyed && http.emit('connection', socket)

  function accept(socket: Socket): void {
    const connection = connections.add(socket)
    if (rules.accept === 'reset') return connection.reset()
    if (rules.accept === 'hang') {
      held.add(connection)
      return
    }
    // the round trip that a TCP handshake costs; loopback did it for free
    const { up, down } = rules.latency
    if (up + down === 0) serve(connection)
    else timers.after(up + down, () => serve(connection))
  }

  function set(changed: Partial<FaultRules>): void {
    Object.assign(rules, changed)
    if (rules.accept !== 'pass') return
    for (const connection of held) serve(connection)
    held.clear()
  }

  /** `cut` resets what is open and refuses what is new; `blackhole` lets all packets vanish, as an unplugged cable does. */
  function offline(away: boolean, how: 'cut' | 'blackhole' = 'cut'): void {
    if (!away) return set({ accept: 'pass' })
    set({ accept: how === 'cut' ? 'reset' : 'hang' })
    for (const connection of connections.all()) {
      if (how === 'cut') connection.reset()
      else if (!held.has(connection)) connection.silence()
    }
  }

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, accept)
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address() as AddressInfo
  let closing: Promise<void> | null = null

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    /** The rules in force; change them by `set`. */
    rules: rules as Readonly<FaultRules>,
    events,
    set,
    offline,
    /** Away for `ms`; resolves when it is back. */
    offlineFor(ms: number, how?: 'cut' | 'blackhole'): Promise<void> {
      offline(true, how)
      return new Promise((resolve) => {
        timers.after(ms, () => {
          offline(false)
          resolve()
        })
      })
    },
    /** The connections of clients that are open now. */
    connections: () => connections.all(),
    /** Half-open now: what is open delivers nothing any more, without FIN or RST. New connections are served. */
    silence(direction: 'up' | 'down' | 'both' = 'both'): void {
      for (const connection of connections.all()) connection.silence(direction)
    },
    /** Silences the connections that had no byte for `ms` (default 0: all); returns how many. */
    dropIdle(ms = 0): number {
      const idle = connections.all().filter(({ idleFor }) => idleFor >= ms)
      for (const connection of idle) connection.silence()
      return idle.length
    },
    /** RST on every connection, to both sides. */
    resetAll(): void {
      for (const connection of connections.all()) connection.reset()
    },
    /** The server is somewhere else now; what is open stays where it is. */
    retarget(target: Target): void {
      proxy.target = whereTo(target)
    },
    /** Totals since the start; bytes are those between client and proxy, headers included. */
    get stats() {
      return { ...connections.totals(), ...counts }
    },
    /** Timers that are running: none after `close()`. */
    get timers() {
      return timers.size
    },
    close(): Promise<void> {
      timers.clear()
      closing ??= Promise.all([
        new Promise((resolve) => listener.close(resolve)),
        // what closing set off is cleared too
        connections.destroy().then(() => timers.clear()),
      ]).then(() => {})
      return closing
    },
  }
}

export type FaultProxy = Awaited<ReturnType<typeof createFaultProxy>>

function whereTo(target: Target): { host: string; port: number } {
  if (typeof target === 'object') return { ...target }
  if (typeof target === 'number') return { host: '127.0.0.1', port: target }
  const url = new URL(target)
  return { host: url.hostname, port: Number(url.port || 80) }
}
