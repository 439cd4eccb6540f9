import type { CloseReason } from '../protocol/close'
import type { Message } from '../protocol/frames'

/** Where a link delivers. */
export interface Sink {
  receive(message: Message): void
  closed(reason: CloseReason): void
}

/**
 * Which exchange repeats a message, for transports that have exchanges instead of a stream:
 * `hold`: the preamble of each held exchange says it again · `post`: that of each unheld one · `once`: none does.
 */
export type Lane = 'hold' | 'post' | 'once'

export interface Link {
  /**
   * WebSocket writes `message` and ignores the lane. Polling begins a new held exchange (`hold`) or an unheld one (`post`) whose
   * preamble says it, and lets a `once` message ride on the next unheld one. An empty message says nothing but begins the exchange.
   */
  send(message: Message, lane: Lane): void
  close(): void
}

/** What opens an exchange: hello, cursors, unsettled sends. `null`: a stream; else a hold in ms, 0 = answer at once. */
export type Preamble = (holdMs: number | null) => Message[]

/**
 * Moves messages. Four laws, asserted by one suite for every implementation (`test/laws/transport.ts`):
 * 1. `open` returns before anything happens; the link says its preamble once bytes can flow, or is closed with a reason.
 * 2. `closed` comes at most once, and never after `close()`. Either end frees everything.
 * 3. Messages arrive in order, never before `open` has returned, never after the end.
 * 4. `send` before bytes can flow or after the end is a silent no-op.
 */
export interface Transport {
  readonly name: 'websocket' | 'polling'
  /** True: each message is written once, bytes as they are. False: exchanges that restate what is unsettled, as text. */
  readonly streams: boolean
  /** WebSocket asks for the preamble once, polling before each exchange. */
  open(url: string, sink: Sink, preamble: Preamble): Link
}
