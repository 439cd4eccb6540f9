import type { Environment } from '../environment/environment'
import type { EverwireError } from '../shared/errors'
import type { SessionContext } from './context'
import { type Auth, createCredentials } from './credentials'
import { createOutbox, type QueueOptions, type SendInput } from './outbox'
import { createPeer, type Peer, type PeerHooks } from './peer'
import type { Subscription, SubscriptionHandlers } from './subscriptions'

export interface SessionOptions {
  environment: Environment
  auth: Auth | undefined
  queue: QueueOptions
  /** The number of unsettled sends or the round trip changed. */
  changed(): void
}

/** Keeps promises across links: every send settles once, every subscription goes on where it was. */
export interface Session {
  /** A conversation on a new link. */
  converse(streams: boolean, hooks: PeerHooks): Peer
  /** The peer that carries what happens from now on; undefined while there is no link. */
  use(peer: Peer | undefined): void
  /** Asks `auth()` for the next hello. */
  authenticate(): Promise<string | undefined>
  /** Asks `auth()` now and tells the server; subscriptions that were refused are tried again. */
  refresh(): Promise<void>
  send(input: SendInput): { n: number; outcome: Promise<unknown> }
  /** Now or never; false = never. */
  volatile(channel: string, event: string, data: unknown): boolean
  /** Begins a join; the function returned ends it. */
  subscribe(channel: string, rewind: number, handlers: SubscriptionHandlers): () => void
  /** Public id, known from the first welcome on. */
  readonly id: string | undefined
  /** Smoothed round trip, ms. */
  readonly rtt: number | undefined
  /** A probe was answered after `ms`. */
  measure(ms: number): void
  readonly pending: number
  /** How long a healthy link may be silent, ms. */
  readonly silence: number
  /** Over how many ms to spread the first redial after a loss. */
  readonly spread: number
  settled(): Promise<void>
  /** Tells the server that this is the end, not an interruption. */
  bye(): void
  /** Settles what is unsettled, with this code. */
  close(code: string): void
}

/** A pong is due this long after the server's interval, ms. */
const grace = 10_000
/** Until a welcome says otherwise, ms: the server's defaults. */
const defaultHeartbeat = 25_000
const defaultSpread = 150
/** A refused subscription is tried again after the server's word, but not sooner than this, ms. */
const leastRejoin = 250

export function createSession({ environment, auth, queue, changed }: SessionOptions): Session {
  const subscriptions = new Map<string, Subscription>()
  const rejoins = new Map<Subscription, () => void>()
  const credentials = createCredentials(environment, auth)
  const outbox = createOutbox(environment, queue, changed)
  const context: SessionContext = {
    clock: environment,
    secret: environment.secret(),
    outbox,
    credentials,
    subscriptions,
    generation: 0,
    welcome: undefined,
    measure,
  }
  let rtt: number | undefined
  let current: Peer | undefined

  /** RFC 6298 smooths with 1/8; a client measures seldom, so a newer sample weighs more. */
  function measure(ms: number): void {
    rtt = rtt === undefined ? ms : rtt * 0.75 + ms * 0.25
    changed()
  }

  function rejoin(sub: Subscription): void {
    rejoins.get(sub)?.()
    rejoins.delete(sub)
    sub.denied = false
    sub.handlers.joining()
    current?.changed()
  }

  function dropped(sub: Subscription, error: EverwireError): void {
    sub.denied = true
    if (typeof error.retryMs === 'number') {
      rejoins.set(
        sub,
        environment.timer(Math.max(leastRejoin, error.retryMs), () => rejoin(sub)),
      )
    } else {
      sub.cursor = undefined // refused for good: this join is over
    }
    sub.handlers.dropped(error)
  }

  return {
    converse: (streams, hooks) => createPeer(context, streams, hooks, dropped),
    use(peer) {
      current = peer
      peer?.changed()
    },
    authenticate: credentials.ask,
    async refresh() {
      const token = await credentials.ask()
      current?.authenticate(token)
      for (const sub of subscriptions.values()) if (sub.denied) rejoin(sub)
    },
    send(input) {
      const send = outbox.add(input)
      current?.changed()
      return send
    },
    volatile: (channel, event, data) => !!current?.once(['e', channel, event, data]),
    subscribe(channel, rewind, handlers) {
      const sub: Subscription = { channel, rewind, handlers, cursor: undefined, denied: false }
      subscriptions.set(channel, sub)
      current?.changed()
      return () => {
        rejoins.get(sub)?.()
        rejoins.delete(sub)
        if (subscriptions.get(channel) !== sub) return
        subscriptions.delete(channel)
        current?.changed()
      }
    },
    get id() {
      return context.welcome?.id
    },
    get rtt() {
      return rtt
    },
    get pending() {
      return outbox.pending
    },
    get silence() {
      return (context.welcome?.hb ?? defaultHeartbeat) + grace
    },
    get spread() {
      return context.welcome?.sp ?? defaultSpread
    },
    measure,
    settled: outbox.settled,
    bye() {
      current?.once(['x'])
    },
    close(code) {
      for (const [sub, cancel] of rejoins) {
        cancel()
        sub.denied = false // a later connect asks for it anew
      }
      rejoins.clear()
      outbox.close(code)
    },
  }
}
