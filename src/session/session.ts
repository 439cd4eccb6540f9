import type { LineHooks } from '../connection/line'
import type { Environment } from '../environment/environment'
import type { Transport } from '../transports/transport'
import type { SessionContext } from './context'
import { type Auth, createCredentials } from './credentials'
import { bodyOf, createOutbox, type Outbox, type QueueOptions, type SendInput } from './outbox'
import { createPeer, type Peer } from './peer'
import type { Reader, Subscription } from './subscriptions'

export interface SessionOptions {
  url: string
  auth?: Auth | undefined
  queue?: Partial<QueueOptions> | undefined
}

/** Keeps promises across links: every send settles once, every subscription goes on where it was. */
export interface Session extends Pick<SessionContext, 'id' | 'rtt' | 'silence' | 'spread' | 'measure'> {
  /** A conversation over a transport. */
  open(transport: Transport, hooks: LineHooks): Peer
  /** The peer that carries what happens from now on; undefined while there is none. */
  use(peer: Peer | undefined): void
  /** Asks `auth()` for the next hello. */
  ask(): Promise<unknown>
  /** Asks `auth()` now and tells the server; subscriptions that were refused are tried again. */
  refresh(): Promise<void>
  send: Outbox['add']
  /** Now or never; false = never. */
  volatile(channel: string, event: string, data: unknown): boolean
  /** Begins a join; the function returned ends it. */
  subscribe(channel: string, rewind: number, reader: Reader): () => void
  readonly outbox: Pick<Outbox, 'sends' | 'settled'>
  /** Tells the server that this is the end, not an interruption. */
  bye(): void
  /** Settles what is unsettled, with this code. */
  close(code: string): void
}

/** A refused subscription is tried again after the server's word, but not sooner than this, ms. */
const leastRejoin = 250

/** @param changed the number of unsettled sends or the round trip did */
export function createSession(
  environment: Environment,
  { url, auth, queue }: SessionOptions,
  changed: () => void,
): Session {
  const subscriptions = new Map<string, Subscription>()
  const credentials = createCredentials(environment, auth)
  const outbox = createOutbox(environment, queue, changed)
  let current: Peer | undefined
  const context: SessionContext = {
    clock: environment,
    url,
    secret: environment.secret(),
    outbox,
    credentials,
    subscriptions,
    changes: 0,
    generation: 0,
    silence: 35_000,
    spread: 150,
    mostBytes: Infinity,
    /** RFC 6298 smooths with 1/8; a client measures seldom, so a newer sample weighs more. */
    measure(ms) {
      context.rtt = (context.rtt ?? ms) * 0.75 + ms * 0.25
      changed()
    },
    dropped(sub, error) {
      sub.denied = () => {}
      if (typeof error.retryMs === 'number')
        sub.denied = environment.timer(Math.max(leastRejoin, error.retryMs), () => rejoin(sub))
      else delete sub.cursor // refused for good: this join is over
      sub.reader.dropped(error)
    },
  }

  function say(): void {
    context.changes++
    current?.changed()
  }

  function forgive(sub: Subscription): void {
    sub.denied?.()
    sub.denied = undefined
  }

  function rejoin(sub: Subscription): void {
    forgive(sub)
    sub.reader.joining()
    say()
  }

  return Object.assign(context, {
    open: (transport: Transport, hooks: LineHooks) => createPeer(context, transport, hooks),
    use(peer: Peer | undefined) {
      current = peer
    },
    ask: credentials.ask,
    async refresh() {
      const token = await credentials.ask()
      current?.show(token)
      for (const sub of subscriptions.values()) if (sub.denied) rejoin(sub)
    },
    send(input: SendInput) {
      const send = outbox.add(input)
      say()
      return send
    },
    volatile: (channel: string, event: string, data: unknown) => {
      const body = bodyOf(data)
      return !!current?.once(['e', channel, event], body)
    },
    subscribe(channel: string, rewind: number, reader: Reader) {
      const sub: Subscription = { channel, rewind, reader, repeats: 0 }
      subscriptions.set(channel, sub)
      say()
      return () => {
        forgive(sub)
        subscriptions.delete(channel)
        say()
      }
    },
    bye: () => current?.once(['x']),
    close(code: string) {
      // a later connect asks for them anew
      for (const sub of subscriptions.values()) forgive(sub)
      outbox.close(code)
    },
  })
}
