import { encode } from '../protocol/codec'
import type { EventMeta, ServerFrame } from '../protocol/frames'
import type { StoredEvent } from './broker'

/** Where a conversation's answers go: a WebSocket, or the answer of one exchange. */
export interface Outlet {
  /**
   * One frame. `bytes` is its other form, for payloads that are no text: WebSocket takes that one.
   * `patient`: it may wait a little for more to come with it.
   */
  write(text: string, bytes?: Uint8Array<ArrayBuffer>, patient?: boolean): void
  ack(n: number, offset: number): void
  /** Whether there is room for a reply of so many characters; if not, it is for a later exchange, which asks for it again. */
  fits(size: number): boolean
  /** True: no more events for now; `resume` of the conversation is called when that is over. */
  full(): boolean
  /** How much of one channel's past may be read at a time, bytes. */
  readonly share: number
}

/** An event's meta as it is stored. */
export interface StoredMeta extends EventMeta {
  /** 0 = its sender does not want it back. It is kept with the event, for the sender may be on any node. */
  e?: 0
}

/** A frame without bytes as text. */
export const line = (frame: ServerFrame): string => JSON.stringify(frame)

const binaries = new WeakMap<StoredEvent, Uint8Array<ArrayBuffer>>()

/** An event's form for WebSocket if it carries bytes: made once, however many read it. */
export function binaryOf(channel: string, stored: StoredEvent): Uint8Array<ArrayBuffer> | undefined {
  if (!(stored.data instanceof Uint8Array)) return undefined
  let bytes = binaries.get(stored)
  if (!bytes) {
    const { offset, event, data, meta } = stored
    bytes = encode(
      meta ? ['m', channel, offset, event, data, meta] : ['m', channel, offset, event, data],
    ) as Uint8Array<ArrayBuffer>
    binaries.set(stored, bytes)
  }
  return bytes
}
