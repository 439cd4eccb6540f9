import type { RawFrame } from '../protocol/codec'

interface OfTransport {
  readonly transport: 'websocket' | 'polling'
}
interface WithReason extends OfTransport {
  /** One of the close codes, or a WebSocket close code such as 1006. */
  readonly code: number
  readonly reason: string
}
interface WithFrame extends OfTransport {
  /** Of the protocol, without token, ticket and secret. */
  readonly frame: readonly unknown[]
}

/** What happens on the links of a session. */
export interface TraceEvents {
  /** A transport is being dialled. */
  dial: OfTransport
  /** The server has welcomed it. */
  open: OfTransport
  /** It ended before its welcome. */
  fail: WithReason
  /** It ended after its welcome. */
  lost: WithReason
  send: WithFrame
  receive: WithFrame
}

export type Trace = <T extends keyof TraceEvents>(type: T, facts: TraceEvents[T]) => void

/** A frame without what is nobody's business: the secret, the token and the ticket. */
export function redacted(frame: RawFrame): readonly unknown[] {
  const [op, info] = frame
  if (op === 'a') return [op]
  return op === 'h' || op === 'w' ? [op, { ...(info as object), s: undefined, t: undefined, k: undefined }] : frame
}
