import type { Health, LineHooks } from '../connection/line'
import type { Environment } from '../environment/environment'
import type { Transport } from '../transports/transport'
import type { SessionContext } from './context'
import { type Auth, createCredentials } from './credentials'
import { createOutbox, type Outbox, type QueueOptions, type SendInput } from './outbox'
import { createPeer, type Peer } from './peer'
import type { Subscription, SubscriptionHandlers } from './subscriptions'
import type { Trace } from './trace'

export interface SessionOptions {
  environment: Environment
  url: string
  auth: Auth | undefined
  queue: Partial<QueueOptions> | undefined
  trace: Trace
  /** True while someone listens to what is traced. */
  traced(): boolean
  /** The number of unsettled sends or the round trip changed. */
  changed(): void
}

/** Keeps promises across links: every send settles once, every subscription goes on where it was. */
export interface Session extends Health {
  /** A conversation over a transport. */
  open(transport: Transport, hooks: LineHooks): Peer
  /** The peer that carries what happens from now on; undefined while there is none. */
  use(peer: Peer | undefined): void
  /** Asks `auth()` for the next hello. */
  authenticate(): Promise<unknown>
  /** Asks `auth()` now and tells the server; subscriptions that were refused are tried again. */
  refresh(): Promise<void>
  send(input: SendInput): { n: number; outcome: Promise<unknown> }
  /** Now or never; false = never. */
  volatile(channel: string, event: string, data: unknown): boolean
  /** Begins a join; the function returned ends it. */
  subscribe(channel: string, rewind: number, handlers: SubscriptionHandlers): () => void
  /** Public id, known from the first welcome on. */
  readonly id: string | undefined
  readonly outbox: Pick<Outbox, 'pending' | 'settled'>
  /** Tells the server that this is the end, not an interruption. */
  bye(): void
  /** Settles what is unsettled, with this code. */
  close(code: string): void
}

/** A pong is due this long after the server's interval, ms. */
const grace = 10_000
/** A refused subscription is tried again after the server's word, but not sooner than this, ms. */
const leastRejoin = 250
/** Until a welcome says otherwise: the server's defaults. */
const unwelcomed = { id: '', hb: 25_000, dd: 120_000, sp: 150, lim: { message: Infinity, channels: Infinity } }

export function createSession({ environment, url, auth, queue, trace, traced, changed }: SessionOptions): Session {
  const subscriptions = new Map<string, Subscription>()
  const rejoins = new Map<Subscription, () => void>()
  const credentials = createCredentials(environment, auth)
  const outbox = createOutbox(environment, queue ?? {}, changed)
  let rtt: number | undefined
  let current: Peer | undefined
  const context: SessionContext = {
    clock: environment,
    url,
    secret: environment.secret(),
    outbox,
    credentials,
    subscriptions,
    trace,
    get traced() {
      return traced()
    },
    generation: 0,
    welcome: { ...unwelcomed },
    measure,
    dropped(sub, error) {
      sub.denied = true
      if (typeof error.retryMs === 'number') {
        const again = () => rejoin(sub)
        rejoins.set(sub, environment.timer(Math.max(leastRejoin, error.retryMs), again))
      } else {
        sub.cursor = undefined // refused for good: this join is over
      }
      sub.handlers.dropped(error)
    },
  }

  /** RFC 6298 smooths with 1/8; a client measures seldom, so a newer sample weighs more. */
  function measure(ms: number): void {
    rtt = rtt === undefined ? ms : rtt * 0.75 + ms * 0.25
    changed()
  }

  const say = () => current?.changed()

  function forget(sub: Subscription): void {
    rejoins.get(sub)?.()
    rejoins.delete(sub)
    sub.denied = false
  }

  function rejoin(sub: Subscription): void {
    forget(sub)
    sub.handlers.joining()
    say()
  }

  return {
    open: (transport, hooks) => createPeer(context, transport, hooks),
    use(peer) {
      current = peer
      say()
    },
    authenticate: credentials.ask,
    async refresh() {
      const token = await credentials.ask()
      current?.authenticate(token)
      for (const sub of subscriptions.values()) if (sub.denied) rejoin(sub)
    },
    send(input) {
      const send = outbox.add(input)
      say()
      return send
    },
    volatile: (channel, event, data) => !!current?.once(['e', channel, event, data]),
    subscribe(channel, rewind, handlers) {
      const sub: Subscription = { channel, rewind, handlers, cursor: undefined, denied: false }
      subscriptions.set(channel, sub)
      say()
      return () => {
        forget(sub)
        if (subscriptions.get(channel) === sub) subscriptions.delete(channel)
        say()
      }
    },
    get id() {
      return context.welcome.id
    },
    get rtt() {
      return rtt
    },
    get silence() {
      return context.welcome.hb + grace
    },
    get spread() {
      return context.welcome.sp
    },
    measure,
    outbox,
    bye: () => current?.once(['x']),
    close(code) {
      // a later connect asks for them anew
      for (const sub of rejoins.keys()) forget(sub)
      outbox.close(code)
    },
  }
}
