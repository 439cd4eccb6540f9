/** The end of a connection. */
export interface CloseReason {
  /** One of `closeCodes`, or a WebSocket close code such as 1006. */
  code: number
  /** Begins with one word for it, as in `closeCodes`. */
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
