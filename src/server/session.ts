import type { Clock } from '../environment/environment'
import type { CloseName } from '../protocol/close'
import type { ServerLimits } from './limits'
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
  readonly links: Set<SessionLink>
  /** The newest WebSocket and the newest held poll: each replaces only its own kind. */
  readonly newest: { websocket: SessionLink | undefined; polling: SessionLink | undefined }
  /** Channels it may read without being asked again, until when (`clock.now()`). For polls, which ask each time. */
  readonly grants: Map<string, number>
  /** Channels it was thrown out of while no connection could be told. */
  readonly revoked: Set<string>
  /** How often it was thrown out of a channel. */
  revocations: number
  readonly subscribes: Bucket
  readonly sends: SendQueue
  readonly requests: RequestLog
  /** When its token runs out, `clock.now()`; Infinity = never. */
  expiresAt: number
  cancelExpiry(): void
  /** It was kicked while no connection could be told: until then (`clock.now()`) every hello is. */
  kickedUntil: number
  /** Nobody was there to be told that it runs out soon. */
  untold: boolean
  /** When its last poll was answered, `clock.now()`. */
  answeredAt: number
  /** `onConnect` was called and `onDisconnect` was not. */
  present: boolean
  cancelAbsence(): void
}

export function createSession(
  clock: Clock,
  limits: ServerLimits,
  windowMs: number,
  who: Pick<Session, 'id' | 'identity' | 'user'>,
): Session {
  return {
    ...who,
    links: new Set(),
    newest: { websocket: undefined, polling: undefined },
    grants: new Map(),
    revoked: new Set(),
    revocations: 0,
    subscribes: createBucket(clock, limits.subscribesPerSecond, limits.subscribeBurst),
    sends: createSendQueue(clock, limits, windowMs),
    requests: createRequestLog(clock, limits, windowMs),
    expiresAt: Number.POSITIVE_INFINITY,
    cancelExpiry: () => {},
    kickedUntil: Number.NEGATIVE_INFINITY,
    untold: false,
    answeredAt: Number.NEGATIVE_INFINITY,
    present: false,
    cancelAbsence: () => {},
  }
}
