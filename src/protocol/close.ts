/**
 * Why a connection ended. 4000–4499: try again; 4500–4999: fatal. So a code nobody has heard of can still be classified.
 * The name travels as the reason, and is the `code` of the error a user sees.
 */
export const closeCodes = {
  transient: 4000,
  restart: 4001,
  overloaded: 4002,
  no_pong: 4007,
  slow: 4008,
  replaced: 4009,
  handshake: 4011,
  ticket: 4012,
  bad_frame: 4400,
  unauthorized: 4501,
  user_changed: 4503,
  origin: 4504,
  version: 4505,
  kicked: 4506,
  abuse: 4510,
} as const

export type CloseName = keyof typeof closeCodes

/** The end of a connection. */
export interface CloseReason {
  /** One of `closeCodes`, or a WebSocket close code such as 1006. */
  code: number
  /** One word for it, as in `closeCodes`; or what the other side said. */
  reason: string
  /** What the server asked for: ms to stay away, null = for good. */
  retryMs?: number | null | undefined
  /** The error behind it, if it is one of our own. */
  cause?: unknown
}

/** True if the same client must not try again. */
export function isFatal(reason: CloseReason): boolean {
  return reason.retryMs === null || (reason.code >= 4500 && reason.code < 5000)
}
