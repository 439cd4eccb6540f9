import type { CloseReason } from '../protocol/close'
import type { Message } from '../protocol/frames'

/** Where a link delivers. */
export interface Sink {
  receive(message: Message): void
  closed(reason: CloseReason): void
}

export interface Link {
  /**
   * WebSocket writes the message. Polling begins an exchange, whose preamble says everything, and lets the message ride on it, once.
   * An empty message says nothing; over polling it begins the exchange.
   */
  send(message: Message): void
  close(): void
}

/** What opens a stream or an exchange: hello, cursors, unsettled sends. For an exchange with its hold in ms, 0 = answer at once. */
export type Preamble = (holdMs?: number) => Message[]

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
