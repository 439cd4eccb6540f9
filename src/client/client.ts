import { createConnection } from '../connection/connection'
import type { State } from '../connection/state'
import type { Environment } from '../environment/environment'
import type { CloseReason } from '../protocol/close'
import type { Peer } from '../session/peer'
import { createSession } from '../session/session'
import { type Deadline, within } from '../shared/deadline'
import { EverwireError, type Outcome } from '../shared/errors'
import type { WithContract } from '../shared/runtime-contract'
import type { Transport } from '../transports/transport'
import { transportUrl } from '../transports/url'
import type { Client } from './api'
import { createChannel } from './channel'
import { createStore } from './store'
import type { ClientOptions, ClientState, Debug } from './types'

export type TransportFactory = (environment: Environment, options: Pick<ClientOptions, 'credentials'>) => Transport
export type TransportTable = Readonly<Record<Transport['name'], TransportFactory>>

/** The composition: session on connection on transports. `index.ts` puts in the platform and the transports. */
export function composeClient<C>(
  platform: Environment,
  table: TransportTable,
  options: ClientOptions & WithContract<C>,
): Client<C> {
  const { contract, transports = ['websocket', 'polling'] } = options
  const environment: Environment = {
    ...platform,
    webSocket: () => options.WebSocket ?? platform.webSocket(),
    fetch: () => options.fetch ?? platform.fetch(),
  }
  const [store, set] = createStore<ClientState, Omit<ClientState, 'pending' | 'rtt'>>(
    { status: 'idle', attempt: 0, pending: 0 },
    (own) => ({ ...own, pending: session.outbox.sends.size, rtt: session.rtt && Math.round(session.rtt) }),
  )
  /** The debug stream puts itself between. */
  const wrap: Debug['wrap'] = options.debug?.wrap ?? ((part) => part)
  const channels = new Map<string, ReturnType<typeof createChannel>>()

  const session = createSession(environment, options, set)
  const connection = createConnection<Peer, Transport>(
    environment,
    session,
    transports.map((name) => wrap(table[name](environment, options))),
    options.quickHello !== false,
    onState,
  )

  function onState(state: State<Peer>): void {
    const { live, delay } = state as { live?: Peer; delay?: number } // some states have them
    session.use(live)
    if (state.status === 'closed') {
      const error = closed()
      for (const each of channels.values()) each.close(state.error && error)
      session.close(error.code)
    }
    set({
      status: state.status,
      attempt: state.attempt,
      transport: live?.transport,
      retryAt: (delay as number) >= 0 ? environment.wall() + (delay as number) : undefined,
      error: state.error ? errorOf(state.error) : live ? undefined : store.state.error,
    })
  }

  const closed = () => errorOf(connection.state.error ?? { code: 1000, reason: 'closed' }, 'rejected')

  function wanted(): void {
    const { status } = connection.state
    if (status === 'closed') throw closed()
    if (status === 'idle') connect()
  }

  /** Only now: a page rendered on a server has no address that a relative URL could be relative to, and does not connect either. */
  function connect(): void {
    transportUrl(options.url, environment.base(), 'http')
    connection.connect()
  }

  function channel(
    pattern: string,
    { params, rewind }: { params?: Record<string, string | number>; rewind?: number } = {},
  ) {
    const name = params ? fill(pattern, params) : pattern
    let found = channels.get(name)
    if (!found) {
      contract?.has(name)
      found = wrap(
        createChannel(name, environment, session, contract, wanted, (error) => set({ ...store.state, error })),
      )
      channels.set(name, found)
    }
    found.rewind(rewind)
    return found
  }

  const client = Object.assign(store, {
    channel,
    connect,
    ready: (limit?: Deadline) =>
      within(environment, limit, (resolve, reject) => {
        const look = ({ status }: ClientState) => {
          if (status === 'connected') resolve()
          if (status === 'closed') reject(closed())
        }
        wanted()
        look(store.state)
        return store.watch(look)
      }),
    flush: (limit?: Deadline) =>
      within(environment, limit, (resolve) => {
        session.outbox.settled().then(resolve)
      }),
    refreshAuth: session.refresh,
    close: connection.close,
  })
  return wrap(client) as unknown as Client<C>
}

/** What ended a connection, as an error: its reason begins with the code, or nobody has said one. */
function errorOf({ code, reason, retryMs, cause }: CloseReason, outcome?: Outcome): EverwireError {
  const [word = 'lost'] = /^[a-z_]+(?=:|$)/.exec(reason) ?? []
  return new EverwireError(word, `${code} ${reason}`, { outcome, retryMs, cause })
}

/** The name a pattern stands for with these parameters. */
function fill(pattern: string, params: Readonly<Record<string, string | number>>): string {
  return pattern.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = Object.hasOwn(params, key) ? String(params[key]) : ''
    if (!value || value.includes(':')) throw new EverwireError('invalid', `"${key}" of "${pattern}"`)
    return value
  })
}
