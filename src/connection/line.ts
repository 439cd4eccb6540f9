import type { CloseReason } from '../protocol/close'

/** Signs of life: something arrived · something that wants an answer was sent · a ping was answered. */
export type Sign = 'touch' | 'sent' | 'pong'

/** A link and what is spoken on it. A connection keeps one alive. */
export interface Line {
  /** Asks the other side for a sign of life; it comes as `pong`. */
  ping(): void
  /** When the oldest send without an answer went out, `clock.now()`, if there is one. */
  outstanding(): number | undefined
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
  readonly rtt: number | undefined
  /** A question was answered after `ms`. */
  measure(ms: number): void
}

/** Makes lines. It owns every line that is not live yet, and knows which way of connecting to try first. */
export interface Dialer<L extends Line> {
  /** Dials anew; a dial that runs is given up. It ends with `ready` or `failed`, once. */
  start(): void
  /** Gives up whatever is being dialled. */
  stop(): void
  /** True until the dial that was started has brought a line or failed. */
  readonly running: boolean
  /** The line in use, undefined = none: what to look for beside it is the dialer's business. */
  live(line: L | undefined): void
  /** Why the line in use ended: teaches the dialer what to trust. */
  ended(line: L, reason: CloseReason): void
  /** The network changed: a way that was blocked may be open now. */
  hint(): void
}

export interface DialEvents<L extends Line> {
  /** A line works. Also comes when a better one was found beside the one in use. */
  ready(line: L): void
  /** No way in. */
  failed(reason: CloseReason): void
  sign(line: L, sign: Sign): void
  lost(line: L, reason: CloseReason): void
}
