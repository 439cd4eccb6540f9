import type { Clock } from '../environment/environment'
import { report } from '../shared/emitter'
import { EverwireError } from '../shared/errors'
import type { WithContract } from '../shared/runtime-contract'
import { createAdmission, throughProxies } from './admission'
import { type Announce, createAnnouncer } from './announce'
import { createChannelTable } from './channels'
import { type Connection, type ConnectionOptions, createConnection } from './connection'
import type { ServerContext } from './context'
import { announcing, withContract } from './contract'
import { createDrain } from './drain'
import { createGreeter } from './greeting'
import { createHeartbeat } from './heartbeat'
import { createHooks } from './hooks'
import type { Host } from './hosts'
import { createHub } from './hub'
import { createJoiner } from './joiner'
import { limitsOf } from './limits'
import { createMemoryBroker } from './memory-broker'
import type { RealtimeOptions } from './options'
import { createOriginCheck } from './origin'
import { byeAnswer, runExchange } from './polling'
import type { ChannelRules } from './rules'
import { createSessions, ending } from './sessions'
import { createCounters, type Stats, snapshot } from './stats'
import { pass, wake } from './subscription'
import { createTickets } from './tickets'

/**
 * SHA-256 of a text and its HMAC, as base64url. At once, which Web Crypto's are not: whether a poll brings a good ticket is decided
 * in the turn in which it came.
 */
export interface Digests {
  hash(text: string): string
  sign(key: Uint8Array, text: string): string
}

/** What the core takes from its platform. */
export interface Platform extends Digests {
  readonly clock: Clock
  randomBytes(count: number): Uint8Array
  /** Runs something once the present turn of the event loop is over. Default: as a microtask. */
  readonly later?: ((run: () => void) => void) | undefined
}

/** The server without sockets and without types: what hosts, `createRealtime` and the simulator drive. */
export interface Core extends Host {
  readonly publish: Announce
  unsubscribe(which: { user?: string | undefined; channel: string }): void
  kick(which: { user: string }): void
  stats(): Stats
  close(options?: { drain?: number | undefined }): Promise<void>
}

/** A kicked client between two polls or transports is told at each hello for so long, ms: one of them decides for the client. */
const kickedMs = 5_000

type AnyOptions = RealtimeOptions<Record<string, object>, unknown> & WithContract<unknown>

export function createCore(platform: Platform, options: AnyOptions): Core {
  const { clock } = platform
  const key = platform.randomBytes(32)
  const signed = (text: string) => platform.sign(key, text)
  const limits = limitsOf(options.limits)
  const counters = createCounters()
  const fail = options.onError ?? report
  const dedupeMs = duration('dedupeWindow', options.dedupeWindow ?? 120_000)
  const credentials = options.credentials ?? false
  const broker = options.broker ?? createMemoryBroker(brokerOptions())
  const { contract } = options
  const rules = (options.channels ?? {}) as Record<string, ChannelRules>
  const channels = createChannelTable(contract ? withContract(contract, rules) : rules)
  const connections = new Set<Connection>()
  const context: ServerContext = {
    clock,
    hash: platform.hash,
    later: platform.later ?? queueMicrotask,
    joined: createJoiner(),
    limits,
    broker,
    hooks: createHooks(clock, limits.hookMs),
    hub: createHub(clock, broker, wake, pass),
    channels,
    counters,
    report: (error) => guarded(() => fail(error), report),
    startedAt: clock.now(),
    instance: signed('instance').slice(0, 8),
    dedupeMs,
    heartbeatMs: duration('heartbeat', options.heartbeat ?? 25_000, 10),
    holdMs: duration('hold', options.hold ?? 25_000),
    // what a crash lets loose at once, this server has to take back one by one: about five hellos a millisecond
    spread: () => Math.max(150, Math.round(openNow() / 5)),
  }
  const { onConnect, onDisconnect } = options
  const sessions = createSessions({
    clock,
    limits,
    windowMs: dedupeMs,
    onConnect: ({ user, id }) => guarded(() => onConnect?.({ user, id })),
    onDisconnect: ({ user, id }) => guarded(() => onDisconnect?.({ user, id })),
  })
  const greeter = createGreeter({
    context,
    sessions,
    tickets: createTickets(clock, signed),
    authenticate: options.authenticate,
    identify: options.identify ?? idOf,
    credentials,
  })
  const drain = createDrain({ clock, sessions, connections, greeter })
  const admission = createAdmission(clock, limits)
  const proxies = count('proxies', options.proxies ?? 0)
  const shared: ConnectionOptions = {
    context,
    sessions,
    greeter,
    heartbeat: createHeartbeat(clock, context.heartbeatMs),
    closed: (address) => drain.ending() ?? admission.refusal(address),
  }
  const origin = createOriginCheck({
    origins: options.origins ?? [],
    credentials,
    hosts: options.hosts,
    report: context.report,
  })

  function brokerOptions() {
    const epoch = () => btoa(String.fromCharCode(...platform.randomBytes(6))).replace(/\W/g, '_')
    return { clock, epoch, dedupeMs, historyBytes: limits.historyBytes }
  }

  function openNow(): number {
    return counters.connections.websocket + counters.connections.polling
  }

  /** Nothing an application's callback does may end the process; what it throws goes to `onError`, or at last to the console. */
  function guarded(run: () => unknown, handle: (error: unknown) => void = context.report): void {
    try {
      const result = run()
      if (result instanceof Promise) result.catch(handle)
    } catch (error) {
      handle(error)
    }
  }

  const announce = createAnnouncer(context)

  return {
    credentials,
    batchBytes: limits.batchBytes,
    bodyMs: limits.bodyMs,
    answerMs: limits.answerMs,
    origin,
    accept(socket) {
      const request = throughProxies(socket.request, proxies)
      const leave = admission.enter(request.address)
      const connection = createConnection(shared, { ...socket, request }, () => {
        connections.delete(connection)
        leave()
      })
      connections.add(connection)
      return connection
    },
    exchange(request, body, gone) {
      if (origin(request) === undefined) {
        return Promise.resolve(byeAnswer(shared, ending('origin', 'this origin may not connect'), 403))
      }
      const seen = throughProxies(request, proxies)
      const leave = admission.enter(seen.address)
      return runExchange(shared, seen, body, gone).finally(leave)
    },
    publish: contract ? announcing(contract, announce) : announce,
    unsubscribe({ user, channel }) {
      for (const session of sessions.all()) {
        if (user !== undefined && session.identity !== user) continue
        session.revocations++
        const polls = session.grants?.delete(channel)
        let told = false
        for (const link of session.links) told = link.drop(channel, 'revoked') || told
        // between two polls: the next one hears of it
        if (polls && !told) session.grants?.set(channel, 'revoked')
      }
    },
    kick({ user }) {
      greeter.kick(user)
      for (const session of sessions.all()) {
        if (session.identity !== user) continue
        session.grants?.clear()
        session.expiresAt = clock.now() // its tickets are worth nothing any more
        if (session.links.length === 0) session.kickedUntil = clock.now() + kickedMs
        for (const link of session.links) link.end('kicked', 'kicked', null)
      }
    },
    stats: () => snapshot(counters, sessions.size, context.hub.size, broker.stats()),
    async close({ drain: ms = 0 } = {}) {
      if (!(await drain.run(duration('drain', ms)))) return
      sessions.close()
      context.hooks.close()
      context.hub.close()
      if (!options.broker) await broker.close()
    },
  }
}

function idOf(user: unknown): string {
  if (typeof user !== 'object' || user === null || !('id' in user)) return ''
  const { id } = user
  return typeof id === 'string' || typeof id === 'number' ? String(id) : ''
}

function duration(name: string, ms: number, least = 0): number {
  if (typeof ms === 'number' && ms >= least && ms < 2 ** 31) return ms
  throw new EverwireError('invalid', `${name}: a number of ms from ${least}`)
}

function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value
  throw new EverwireError('invalid', `${name}: a number from 0`)
}
