import type { CloseName } from '../protocol/close-codes'
import type { ServerContext } from './context'
import { type Bucket, createBucket } from './rate'
import { createRequestLog, type RequestLog } from './request-log'
import { createSendQueue, type SendQueue } from './send-queue'

/** One connection of a session, seen from the session. */
export interface SessionLink {
  readonly transport: 'websocket' | 'polling'
  /** Generation. */
  readonly g: number
  /** One frame, if it can take frames now. */
  write(text: string): void
  /** Ends the subscription to a channel; false if there is none. */
  drop(channel: string, code: string): boolean
  end(name: CloseName, reason: string, retryMs: number | null): void
}

/** What this node knows of one client object. Connections come and go; records of its sends stay for the dedupe window. */
export interface Session {
  /** Public id. */
  readonly id: string
  /** What `identify` made of the user: a session never changes it. */
  readonly identity: string
  user: unknown
  /** Replaced as a whole, never changed. */
  links: readonly SessionLink[]
  /** The newest WebSocket and the newest held poll: each replaces only its own kind. */
  readonly newest: { websocket: SessionLink | undefined; polling: SessionLink | undefined }
  /** Sends tried before that, `clock.now()`, may have had an outcome that this node has forgotten. */
  readonly knowsFrom: number
  /** The lowest number that came here when it was first tried: from it on, this node has seen the first tries. */
  freshFrom: number
  /** Made when the first send, request, subscribe comes: most clients read, and most of these never say much. */
  sends: SendQueue | undefined
  requests: RequestLog | undefined
  subscribes: Bucket | undefined
  grants: Grants | undefined
  /** How often it was thrown out of a channel. */
  revocations: number
  /** When its token runs out, `clock.now()`; Infinity = never. */
  expiresAt: number
  cancelExpiry: (() => void) | undefined
  /** It was kicked while no connection could be told: until then (`clock.now()`) every hello is. */
  kickedUntil: number
  /** Nobody was there to be told that it runs out soon. */
  untold: boolean
  /** When its last poll was answered, `clock.now()`. */
  answeredAt: number
  /** `onConnect` was called and `onDisconnect` was not. */
  present: boolean
}

/** What polls know of channels: until when, `clock.now()`, they may be read without asking again; or that this was taken away. */
export type Grants = Map<string, number | 'revoked'>

export function createSession(who: Pick<Session, 'id' | 'identity' | 'user' | 'knowsFrom'>): Session {
  const { id, identity, user, knowsFrom } = who
  return {
    id,
    identity,
    user,
    links: [],
    newest: { websocket: undefined, polling: undefined },
    knowsFrom,
    freshFrom: Number.POSITIVE_INFINITY,
    sends: undefined,
    requests: undefined,
    subscribes: undefined,
    grants: undefined,
    revocations: 0,
    expiresAt: Number.POSITIVE_INFINITY,
    cancelExpiry: undefined,
    kickedUntil: Number.NEGATIVE_INFINITY,
    untold: false,
    answeredAt: Number.NEGATIVE_INFINITY,
    present: false,
  }
}

type Parts = Pick<ServerContext, 'clock' | 'limits' | 'dedupeMs'>

export function sendsOf({ clock, limits, dedupeMs }: Parts, session: Session): SendQueue {
  session.sends ??= createSendQueue(clock, limits, dedupeMs)
  return session.sends
}

export function requestsOf({ clock, limits, dedupeMs }: Parts, session: Session): RequestLog {
  session.requests ??= createRequestLog(clock, limits, dedupeMs)
  return session.requests
}

export function subscribesOf({ clock, limits }: Parts, session: Session): Bucket {
  session.subscribes ??= createBucket(clock, limits.subscribesPerSecond, limits.subscribeBurst)
  return session.subscribes
}
