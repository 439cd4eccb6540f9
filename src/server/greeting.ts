import { closeCodes } from '../protocol/close'
import type { HelloInfo } from '../protocol/frames'
import { EverwireError } from '../shared/errors'
import type { ServerContext } from './context'
import { timed } from './hooks'
import type { RequestView } from './hosts'
import { line } from './outlet'
import type { AuthContext } from './rules'
import type { Session, SessionLink } from './session'
import type { Ending, Sessions } from './sessions'
import { publicId, type Tickets, ticketMs } from './tickets'

export interface GreeterOptions {
  context: ServerContext
  sessions: Sessions
  tickets: Tickets
  authenticate: ((context: AuthContext) => unknown) | undefined
  identify: (user: unknown) => string
  /** Whether the hook may see cookies. */
  credentials: boolean
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
  /** True if a ticket good until `ticketUntil` should be replaced now. */
  isStale(session: Session, ticketUntil: number): boolean
}

export const ending = (name: Ending['name'], reason: string, retryMs: number | null = null): Ending => ({
  name,
  reason,
  retryMs,
})

/** The bye frame: its reason begins with the name of the code, which is what the client calls the error. */
export const byeFrame = (name: Ending['name'], reason: string, retryMs: number | null) =>
  line(['b', closeCodes[name], reasonOf(name, reason), retryMs])

export const reasonOf = (name: Ending['name'], reason: string) =>
  reason && reason !== name ? `${name}: ${reason}` : name

export const isEnding = (value: Greeted | Ending): value is Ending => 'name' in value

interface Known {
  user: unknown
  identity: string
  expiresIn: number | undefined
}

export function createGreeter({
  context,
  sessions,
  tickets,
  authenticate,
  identify,
  credentials,
}: GreeterOptions): Greeter {
  const { clock, limits } = context

  async function who(token: string | undefined, request: RequestView): Promise<Known | Ending> {
    let expiresIn: number | undefined
    try {
      if (token !== undefined && token.length > limits.tokenBytes)
        return ending('unauthorized', 'the token is too long')
      if (!authenticate) return { user: undefined, identity: identify(undefined), expiresIn }
      const asked: AuthContext = {
        token,
        request: credentials ? request : withoutCookies(request),
        expiresIn(ms) {
          if (!(ms > 0)) throw new EverwireError('expired', 'the token has expired')
          expiresIn = Math.min(ms, 2 ** 31 - 1)
        },
      }
      const user = await timed(clock, limits.hookMs, authenticate(asked))
      return { user, identity: identify(user), expiresIn }
    } catch (error) {
      // "come again" is said by an error with a time; any other says no, and never why
      const retryMs = error instanceof EverwireError && typeof error.retryMs === 'number' ? error.retryMs : undefined
      return retryMs === undefined
        ? ending('unauthorized', 'not authenticated')
        : ending('transient', 'try again', retryMs)
    }
  }

  function open(id: string, known: Known): Session | Ending {
    const session = sessions.open(id, known.identity, known.user)
    if (!session) return ending('user_changed', 'this session belongs to another user')
    sessions.expire(session, known.expiresIn)
    return session
  }

  return {
    async greet({ s, k, t }, request) {
      const id = publicId(s)
      const session = sessions.get(id)
      if (session && clock.now() < session.kickedUntil) return ending('kicked', 'kicked')
      const ticketUntil = session && k !== undefined ? tickets.check(k, id, session.identity) : undefined
      if (session && ticketUntil !== undefined && clock.now() < session.expiresAt) return { session, ticketUntil }
      if (k !== undefined && t === undefined) return ending('ticket', 'the ticket is not good here', 0)
      const known = await who(t, request)
      if ('name' in known) return known
      const opened = open(id, known)
      return 'name' in opened ? opened : { session: opened, ticketUntil: undefined }
    },
    async renew(session, token, request) {
      const known = await who(token, request)
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
          k: tickets.issue(session.id, session.identity, session.expiresAt),
          hb: context.heartbeatMs,
          dd: context.dedupeMs,
          sp: context.spread(),
          lim: { message: limits.messageBytes, channels },
        },
      ])
    },
    // past half of its life, unless the token it stands for would end a new one as soon
    isStale: (session, ticketUntil) =>
      ticketUntil < clock.now() + ticketMs / 2 &&
      ticketUntil + 1_000 < Math.min(session.expiresAt, clock.now() + ticketMs),
  }
}

function withoutCookies(request: RequestView): RequestView {
  return {
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'cookie')),
  }
}
