import type { TransportLine } from '../connection/candidate'
import { createConnection } from '../connection/connection'
import { createDialer } from '../connection/dial'
import type { State } from '../connection/state'
import type { Environment } from '../environment/environment'
import { type CloseReason, closeName } from '../protocol/close'
import type { Peer } from '../session/peer'
import { createSession } from '../session/session'
import type { UntypedContract } from '../shared/contract'
import { createEmitter } from '../shared/emitter'
import { EverwireError } from '../shared/errors'
import { compilePattern } from '../shared/pattern'
import type { Transport } from '../transports/transport'
import type { Client } from './api'
import { createChannel } from './channel'
import type { ClientOptions, ClientState } from './types'
import { waitFor } from './wait'

export type TransportFactory = (environment: Environment, options: ClientOptions) => Transport
export type TransportTable = Readonly<Record<Transport['name'], TransportFactory>>

type Line = TransportLine<Peer>

const defaultQueue = { messages: 1_024, bytes: 1_000_000, policy: 'reject' } as const

/** The composition: session on connection on transports. `index.ts` puts in the platform and the transports. */
export function composeClient<C>(platform: Environment, table: TransportTable, options: ClientOptions): Client<C> {
  const environment = withOptions(platform, options)
  const watchers = createEmitter<[ClientState]>()
  const channels = new Map<string, ReturnType<typeof createChannel>>()
  let error: EverwireError | undefined
  let retryAt: number | undefined
  let snapshot: ClientState | undefined
  let scheduled = false

  const session = createSession({
    environment,
    auth: options.auth,
    queue: { ...defaultQueue, ...defined(options.queue ?? {}) },
    changed: changedSoon,
  })
  const connection = createConnection<Line>({
    clock: environment,
    online: environment.online,
    watch: environment.watch,
    silence: () => session.silence,
    spread: () => session.spread,
    rtt: () => session.rtt,
    outstanding: (line) => line.conversation.outstanding(),
    measured: session.measure,
    dialer: (events) =>
      createDialer(
        {
          clock: environment,
          transports: (options.transports ?? ['websocket', 'polling']).map((name) => table[name](environment, options)),
          url: options.url,
          prepare: session.authenticate,
          converse: session.converse,
          quickHello: options.quickHello !== false,
        },
        events,
      ),
    changed: onState,
  })

  function onState(state: State<Line>): void {
    session.use(state.status === 'connected' ? state.live.conversation : undefined)
    if (state.status === 'connected') error = undefined
    else if ('error' in state && state.error) error = errorOf(state.error)
    retryAt = state.status === 'waiting' ? environment.wall() + state.delay : undefined
    if (state.status === 'closed' && state.error) session.close(closedError)
    changed()
  }

  const closedError = () => error ?? new EverwireError('closed', 'the client is closed')

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
      pending: session.pending,
      ...(connection.state.status === 'connected' && { transport: connection.state.live.transport }),
      ...(retryAt !== undefined && { retryAt }),
      ...(error && { error }),
      ...(rtt !== undefined && { rtt: Math.round(rtt) }),
    })
    return snapshot
  }

  function wanted(): void {
    if (connection.state.status === 'closed') throw new EverwireError(closedError().code, closedError().message, { outcome: 'rejected' })
    if (connection.state.status === 'idle') connection.connect()
  }

  function channel(pattern: string, { params, rewind }: { params?: Record<string, string | number>; rewind?: number } = {}) {
    const name = params ? compilePattern(pattern).fill(params) : pattern
    let found = channels.get(name)
    if (!found) {
      found = createChannel(name, {
        clock: environment,
        session,
        wanted,
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
    connect: connection.connect,
    ready({ signal }: { signal?: AbortSignal } = {}) {
      if (connection.state.status === 'idle') connection.connect()
      return waitFor<void>(environment, { signal }, (resolve, reject) => {
        const look = ({ status }: ClientState) => {
          if (status === 'connected') resolve()
          if (status === 'closed') reject(closedError())
        }
        const off = watchers.on(look)
        look(read())
        return off
      })
    },
    flush({ timeout, signal }: { timeout?: number; signal?: AbortSignal } = {}) {
      return waitFor<void>(environment, { timeout, signal }, (resolve) => {
        void session.settled().then(resolve)
        return () => {}
      })
    },
    async refreshAuth() {
      await session.refresh()
    },
    close() {
      for (const each of channels.values()) each.close()
      session.bye()
      connection.close()
      session.close(closedError)
    },
  } as unknown as Client<C>
}

function errorOf({ code, reason, retryMs }: CloseReason): EverwireError {
  return new EverwireError(closeName(code), reason, { retryMs })
}

function withOptions(platform: Environment, options: ClientOptions): Environment {
  const { WebSocket, fetch } = options
  return {
    ...platform,
    ...(WebSocket && { webSocket: () => WebSocket }),
    ...(fetch && { fetch: () => fetch }),
  }
}

/** Options given as `undefined` mean the default. */
function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>
}
