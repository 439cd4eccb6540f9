/** What is known about a send that failed: `rejected` = it never happened and never will; `unknown` = it may have happened. */
export type Outcome = 'rejected' | 'unknown'

export interface ErrorDetails {
  outcome?: Outcome | undefined
  /** ms from now after which trying again makes sense; null = never. */
  retryMs?: number | null | undefined
  cause?: unknown
}

/**
 * The one error class. Branch on `code`; every code is explained, with what to do, in `docs/errors.md`.
 *
 * @example
 * try {
 *   await room.publish('message', { text: 'hi' })
 * } catch (error) {
 *   if (error instanceof EverwireError && error.outcome === 'unknown') showMaybeSent()
 * }
 */
export class EverwireError extends Error {
  declare readonly code: string
  /** Set on failed publishes and requests. */
  declare readonly outcome: Outcome | undefined
  /** ms after which trying again makes sense; null = never; undefined = nothing is known. */
  declare readonly retryMs: number | null | undefined

  constructor(code: string, message?: string, details: ErrorDetails = {}) {
    super(message || `${code}: see docs/errors.md`, details)
    Object.assign(this, details, { name: 'EverwireError', code })
  }
}
