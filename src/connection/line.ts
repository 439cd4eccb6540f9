import type { CloseReason } from '../protocol/close'

/** A link that works: what a dial brings and a connection keeps. */
export interface Line {
  /** Asks the other side for a sign of life; the answer arrives as `pong`. */
  ping(): void
  close(): void
}

/** What happens on the line that is live. */
export interface LineEvents {
  /** Something arrived. */
  touch(): void
  /** Something that wants an answer was sent. */
  sent(): void
  pong(): void
  lost(reason: CloseReason): void
}

/** Makes lines. It owns every link that is not live yet, and which way of connecting is tried first. */
export interface Dialer<L extends Line> {
  /** Dials anew; a dial that runs is given up. It ends with `ready` or `failed`, exactly once. */
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
  /** A line works. Also comes when a better one was found beside a live one. */
  ready(line: L): void
  /** No way in. */
  failed(reason: CloseReason): void
  /** What happens on `line`, if it is the one in use. */
  on(line: L): LineEvents
}
