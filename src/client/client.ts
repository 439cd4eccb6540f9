import { createConnection } from '../connection/connection'
import type { State } from '../connection/state'
import type { Environment } from '../environment/environment'
import type { CloseReason } from '../protocol/close'
import type { Peer } from '../session/peer'
import { createSession } from '../session/session'
import { type Deadline, deadline } from '../shared/deadline'
import { createEmitter } from '../shared/emitter'
import { EverwireError } from '../shared/errors'
import type { WithContract } from '../shared/runtime-contract'
import type { Transport } from '../transports/transport'
import { transportUrl } from '../transports/url'
import type { Client } from './api'
import { createChannel } from './channel'
import type { ClientOptions, ClientState, DebugEvent } from './types'

export type TransportFactory = (environment: Environment, options: Pick<ClientOptions, 'credentials'>) => Transport
export type TransportTable = Readonly<Record<Transport['name'], TransportFactory>>

/** The composition: session on connection on transports. `index.ts` puts in the platform and the transports. */
export function composeClient<C>(
  platform: Environment,
  table: TransportTable,
  options: ClientOptions & WithContract<C>,
): Client<C> {
  const environment = { ...platform, ...platformOptions(options) }
  const watchers = createEmitter<[ClientState]>()
  const debug = createEmitter<[DebugEvent]>()
  const channels = new Map<string, ReturnType<typeof createChannel>>()
  let error: EverwireError | undefined
  let retryAt: number | undefined
  let snapshot: ClientState | undefined
  let scheduled = false

  const trace = (type: string, facts: object) => debug.emit({ at: environment.now(), type, ...facts } as DebugEvent)
  const session = createSession({
    environment,
    url: options.url,
    auth: options.auth,
    queue: options.queue,
    trace,
    traced: () => debug.size > 0,
    changed: changedSoon,
  })
  const connection = createConnection<Peer, Transport>(
    environment,
    session,
    (options.transports ?? ['websocket', 'polling']).map((name) => table[name](environment, options)),
    options.quickHello !== false,
    onState,
  )

  function onState(state: State<Peer>): void {
    session.use(state.status === 'connected' ? state.live : undefined)
    const reason = state.error
    error = reason ? errorOf(reason) : state.status === 'connected' ? undefined : error
    retryAt = state.status === 'waiting' ? environment.wall() + state.delay : undefined
    if (state.status === 'closed' && reason) end(error)
    changed()
    trace('state', { state: read() })
  }

  /** Nothing waits any more. Without a cause it was asked for. */
  function end(cause?: EverwireError): void {
    for (const each of channels.values()) each.close(cause)
    session.close(cause?.code ?? 'closed')
  }

  const closed = () => new EverwireError(error?.code ?? 'closed', error?.message, { outcome: 'rejected' })

  function changed(): void {
    snapshot = undefined
    if (watchers.size > 0) watchers.emit(read())
  }

  /** Counters change in bursts: one word about them per turn is enough. */
  function changedSoon(): void {
    snapshot = undefined
    if (scheduled || watchers.size === 0) return
    scheduled = true
    queueMicrotask(() => {
      scheduled = false
      changed()
    })
  }

  function read(): ClientState {
    const { status, attempt } = connection.state
    const { rtt } = session
    snapshot ??= Object.freeze({
      status,
      attempt,
      pending: session.outbox.pending,
      ...(connection.state.status === 'connected' && { transport: connection.state.live.transport }),
      ...(retryAt !== undefined && { retryAt }),
      ...(error && { error }),
      ...(rtt !== undefined && { rtt: Math.round(rtt) }),
    })
    return snapshot
  }

  function wanted(): void {
    if (connection.state.status === 'closed') throw closed()
    if (connection.state.status === 'idle') connect()
  }

  /** Only now: a page rendered on a server has no address that a relative URL could be relative to, and does not connect either. */
  function connect(): void {
    transportUrl(options.url, environment.base(), 'http')
    connection.connect()
  }

  /** A promise that a signal or a timeout may end first; `begin` returns its undo. */
  function wait(
    limit: Deadline,
    begin: (resolve: () => void, reject: (error: unknown) => void) => unknown,
  ): Promise<void> {
    let free = () => {}
    let undo: unknown
    return new Promise<void>((resolve, reject) => {
      const giveUp = (code: string, cause?: unknown) => reject(new EverwireError(code, '', { cause }))
      free = deadline(environment, limit, giveUp)
      undo = begin(resolve, reject)
      if (limit.signal?.aborted) giveUp('aborted', limit.signal.reason)
    }).finally(() => {
      free()
      if (typeof undo === 'function') undo()
    })
  }

  function channel(
    pattern: string,
    { params, rewind }: { params?: Record<string, string | number>; rewind?: number } = {},
  ) {
    const name = params ? fill(pattern, params) : pattern
    let found = channels.get(name)
    if (!found) {
      options.contract?.has(name)
      found = createChannel(name, {
        clock: environment,
        session,
        wanted,
        trace,
        check: options.contract?.check ?? ((_channel, _part, _name, value) => value),
        unheard(refusal) {
          error = refusal
          changed()
        },
      })
      channels.set(name, found)
    }
    found.merge(rewind)
    return found
  }

  return {
    channel,
    get state() {
      return read()
    },
    watch: watchers.on,
    debug: debug.on,
    connect,
    ready: (limit: Deadline = {}) =>
      wait(limit, (resolve, reject) => {
        const look = ({ status }: ClientState) => {
          if (status === 'connected') resolve()
          else if (status === 'closed') reject(closed())
        }
        if (connection.state.status === 'idle') connect()
        look(read())
        return watchers.on(look)
      }),
    flush: (limit: Deadline = {}) => wait(limit, (resolve) => session.outbox.settled().then(() => resolve())),
    refreshAuth: session.refresh,
    close() {
      session.bye()
      connection.close()
      end()
    },
  } as unknown as Client<C>
}

/** What ended a connection, as an error: its reason begins with the code, or nobody has said one. */
function errorOf({ code, reason, retryMs, cause }: CloseReason): EverwireError {
  const [word = 'lost'] = /^[a-z_]+(?=:|$)/.exec(reason) ?? []
  return new EverwireError(word, `${code} ${reason}`, { retryMs, cause })
}

/** The name a pattern stands for with these parameters. */
function fill(pattern: string, params: Readonly<Record<string, string | number>>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = Object.hasOwn(params, key) ? String(params[key]) : ''
    if (!value || value.includes(':')) throw new EverwireError('invalid', `parameter "${key}" of "${pattern}"`)
    return value
  })
}

function platformOptions({ WebSocket, fetch }: Pick<ClientOptions, 'WebSocket' | 'fetch'>): Partial<Environment> {
  return {
    ...(WebSocket && { webSocket: () => WebSocket }),
    ...(fetch && { fetch: () => fetch }),
  }
}
