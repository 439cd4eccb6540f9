import type { Clock } from '../environment/environment'
import { type CloseName, closeCodes } from '../protocol/close-codes'
import { createDues } from './dues'
import type { ServerLimits } from './limits'
import { line } from './outlet'
import { createSession, type Session, type SessionLink } from './session'

/** Why a connection is not to be, or not to go on. */
export interface Ending {
  readonly name: CloseName
  readonly reason: string
  /** ms to stay away; null = for good. */
  readonly retryMs: number | null
}

/** The bye frame. Its reason begins with the name of the code, which is what the client calls the error. */
export const byeFrame = (name: Ending['name'], reason: string, retryMs: number | null) =>
  line(['b', closeCodes[name], reasonOf(name, reason), retryMs])

export const reasonOf = (name: Ending['name'], reason: string) =>
  reason && reason !== name ? `${name}: ${reason}` : name

export const ending = (name: Ending['name'], reason: string, retryMs: number | null = null): Ending => ({
  name,
  reason,
  retryMs,
})

export interface SessionsOptions {
  clock: Clock
  limits: ServerLimits
  /** The dedupe window, ms: how long a session is remembered after its last connection. */
  windowMs: number
  onConnect(session: Session): void
  onDisconnect(session: Session): void
}

/** The sessions this node knows, and whether their clients are there. */
export interface Sessions {
  get(id: string): Session | undefined
  /** The session of this id, with the user as just authenticated; undefined if it is another user's. */
  open(id: string, identity: string, user: unknown): Session | undefined
  attach(session: Session, link: SessionLink): void
  /** `bye`: the client said that it is leaving. */
  detach(session: Session, link: SessionLink, bye: boolean): void
  /** The user's token is good for so many ms from now; undefined = for ever. */
  expire(session: Session, ms: number | undefined): void
  all(): Iterable<Session>
  readonly size: number
  close(): void
}

/** A client with neither WebSocket nor poll is gone after this long, ms: links are replaced, polls come and go. */
const absenceMs = 10_000
/** A client hears this long before the end that its token runs out, ms; of short-lived tokens at two thirds of their life. */
const warningMs = 60_000

export function createSessions({ clock, limits, windowMs, onConnect, onDisconnect }: SessionsOptions): Sessions {
  const sessions = new Map<string, Session>()
  /** Without a connection, and soon gone. */
  const absent = createDues<Session>(clock, absenceMs, gone)
  /** Gone, and remembered for the outcomes of their sends. */
  const past = createDues<Session>(clock, windowMs, forget)
  let knowsFrom = clock.now()

  function gone(session: Session): void {
    absent.delete(session)
    if (session.present) {
      session.present = false
      onDisconnect(session)
    }
    // in a crowd, only those are remembered of whom there is something to remember: the broker knows what was accepted
    if (absent.size + past.size >= limits.sessions / 2 && outcomes(session) === 0) forget(session)
    else past.add(session)
  }

  function forget(session: Session): void {
    past.delete(session)
    session.cancelExpiry?.()
    session.requests?.close()
    sessions.delete(session.id)
  }

  /** Whoever says hello under a new name each time must not fill the memory. */
  function makeRoom(): void {
    while (absent.size + past.size > limits.sessions) {
      const oldest = past.oldest()
      if (!oldest) {
        gone(absent.oldest() as Session)
        continue
      }
      // as after a restart: what it tried before now may have happened or not
      if (outcomes(oldest) > 0) knowsFrom = clock.now()
      forget(oldest)
    }
  }

  const warn = (session: Session, link: SessionLink) =>
    link.write(line(['t', Math.max(0, Math.round(session.expiresAt - clock.now()))]))

  function end(session: Session, { name, reason, retryMs }: Ending): void {
    for (const link of session.links) link.end(name, reason, retryMs)
  }

  return {
    get: (id) => sessions.get(id),
    open(id, identity, user) {
      let session = sessions.get(id)
      if (session && session.identity !== identity) return undefined
      if (!session) {
        session = createSession({ id, identity, user, knowsFrom })
        sessions.set(id, session)
        absent.add(session)
        makeRoom()
      }
      session.user = user
      return session
    },
    attach(session, link) {
      absent.delete(session)
      past.delete(session)
      session.links = [...session.links, link]
      if (session.untold) warn(session, link)
      session.untold = false
      if (session.present) return
      session.present = true
      onConnect(session)
    },
    detach(session, link, bye) {
      if (!session.links.includes(link)) return
      session.links = session.links.filter((other) => other !== link)
      if (session.newest[link.transport] === link) session.newest[link.transport] = undefined
      if (session.links.length > 0) return
      if (bye) gone(session)
      else absent.add(session)
      makeRoom()
    },
    expire(session, ms) {
      session.cancelExpiry?.()
      session.cancelExpiry = undefined
      session.untold = false
      session.expiresAt = ms === undefined ? Number.POSITIVE_INFINITY : clock.now() + ms
      if (ms === undefined) return
      const warning = Math.min(warningMs, ms / 3)
      session.cancelExpiry = clock.timer(ms - warning, () => {
        session.untold = session.links.length === 0
        for (const link of session.links) warn(session, link)
        session.cancelExpiry = clock.timer(warning, () => end(session, ending('unauthorized', 'the token has expired')))
      })
    },
    all: () => sessions.values(),
    get size() {
      return sessions.size
    },
    close() {
      absent.clear()
      past.clear()
      for (const session of sessions.values()) {
        session.cancelExpiry?.()
        session.requests?.close()
        if (session.present) onDisconnect(session)
        session.present = false
      }
      sessions.clear()
    },
  }
}

/** What would be lost with it. */
function outcomes({ sends, requests }: Session): number {
  return (requests?.size() ?? 0) + (sends ? sends.size() + sends.refusals.size() : 0)
}
