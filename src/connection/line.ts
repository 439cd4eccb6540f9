import type { CloseReason } from '../protocol/close'

/** Signs of life: something arrived · something that wants an answer was sent · a ping was answered. */
export type Sign = 'touch' | 'sent' | 'pong'

/** A link and what is spoken on it. A connection keeps one alive. */
export interface Line {
  /** Asks the other side for a sign of life; it comes as `pong`. */
  ping(): void
  /** When the oldest send without an answer went out, `clock.now()`, if there is one. */
  pending(): number | undefined
  close(): void
}

/** What a line reports: never before the call that opened it has returned, and never after `close()`. */
export interface LineHooks {
  /** The other side has welcomed it, once. */
  welcome(): void
  /** It has ended by itself, once; it needs no closing any more. */
  end(reason: CloseReason): void
  sign(sign: Sign): void
}

/** What is known about the other side. */
export interface Health {
  /** Longest silence of a healthy line, ms. */
  readonly silence: number
  /** Over how many ms to spread the first redial after a loss. */
  readonly spread: number
  /** Smoothed round trip, ms. */
  readonly rtt?: number | undefined
  /** A question was answered after `ms`. */
  measure(ms: number): void
}

/** A way to connect. */
export interface Way {
  readonly name: string
}
/** A line that knows by which way it came. */
export interface WayLine extends Line {
  readonly transport: string
}

/** What speaks on the lines. */
export interface Speaker<L extends WayLine, W extends Way> extends Health {
  open(way: W, hooks: LineHooks): L
  /** Asks for what a hello needs; once per dial, shared by its candidates. */
  ask(): Promise<unknown>
  /** Tells the other side that this is the end, not an interruption. */
  bye(): void
}
