import type { HelloInfo } from '../protocol/frames'
import { type AuthenticatorOptions, createAuthenticator, type Known } from './authenticator'
import type { RequestView } from './hosts'
import { line } from './outlet'
import type { Session, SessionLink } from './session'
import { type Ending, ending, type Sessions } from './sessions'
import { publicId, type Tickets, ticketMs } from './tickets'

export interface GreeterOptions extends AuthenticatorOptions {
  sessions: Sessions
  tickets: Tickets
}

/** A hello that was good. */
export interface Greeted {
  readonly session: Session
  /** It came with a ticket that is good until then, `clock.now()`. */
  readonly ticketUntil: number | undefined
}

/** Decides who a client is. */
export interface Greeter {
  greet(hello: HelloInfo, request: RequestView): Promise<Greeted | Ending>
  /** A fresh token on a live connection; undefined = all is well. */
  renew(session: Session, token: string, request: RequestView): Promise<Ending | undefined>
  /** The welcome frame. */
  welcome(session: Session, transport: SessionLink['transport']): string
  /** A user is thrown out: a hook that has not made up its mind yet may not know of it. */
  kick(identity: string): void
  /** Nobody is let in any more, and who waits for `authenticate` is told so. */
  close(why: () => Ending): void
  /** True if a ticket good until `ticketUntil` should be replaced now. */
  isStale(session: Session, ticketUntil: number): boolean
}

export const isEnding = (value: Greeted | Ending): value is Ending => 'name' in value

export function createGreeter(options: GreeterOptions): Greeter {
  const { context, sessions, tickets } = options
  const { clock, hash, limits } = context
  const who = createAuthenticator(options)

  function open(id: string, known: Known): Session | Ending {
    const session = sessions.open(id, known.identity, known.user)
    if (!session) return ending('user_changed', 'this session belongs to another user')
    sessions.expire(session, known.expiresIn)
    return session
  }

  return {
    async greet({ s, k, t }, request) {
      const id = publicId(hash, s)
      const session = sessions.get(id)
      if (session && clock.now() < session.kickedUntil) return ending('kicked', 'kicked')
      const ticketUntil = session && k !== undefined ? tickets.check(k, id, session.identity) : undefined
      if (session && ticketUntil !== undefined && clock.now() < session.expiresAt) return { session, ticketUntil }
      if (k !== undefined && t === undefined) return ending('ticket', 'the ticket is not good here', 0)
      const known = await who.ask(t, request)
      if ('name' in known) return known
      const opened = open(id, known)
      return 'name' in opened ? opened : { session: opened, ticketUntil: undefined }
    },
    async renew(session, token, request) {
      const known = await who.ask(token, request)
      if ('name' in known) return known
      const opened = open(session.id, known)
      return 'name' in opened ? opened : undefined
    },
    welcome(session, transport) {
      const channels = transport === 'websocket' ? limits.channels : limits.pollingChannels
      return line([
        'w',
        {
          v: 1,
          id: session.id,
          i: context.instance,
          k: tickets.issue(session.id, session.identity, session.expiresAt),
          hb: context.heartbeatMs,
          dd: context.dedupeMs,
          sp: context.spread(),
          lim: { message: limits.messageBytes, channels },
        },
      ])
    },
    kick: who.kick,
    close: who.close,
    // past half of its life, unless the token it stands for would end a new one as soon
    isStale: (session, ticketUntil) =>
      ticketUntil < clock.now() + ticketMs / 2 &&
      ticketUntil + 1_000 < Math.min(session.expiresAt, clock.now() + ticketMs),
  }
}
