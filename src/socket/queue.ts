import { EverwireError } from '../shared/errors'
import type { SocketData, SocketQueueOptions } from './options'

/** What waits for a connection, in order. */
export interface SendQueue {
  readonly bytes: number
  /** @throws EverwireError `queue_full` */
  add(data: SocketData): void
  /** Takes out the oldest; undefined: there is none. */
  take(): SocketData | undefined
}

/** A value as the platform would send it: what is neither text, bytes nor a Blob goes as its string. */
export function sendable(data: unknown): SocketData {
  // asks for the members, not for the class: bytes of another realm are bytes, too
  const { byteLength, size } = Object(data)
  return (byteLength ?? size) === undefined ? String(data) : (data as SocketData)
}

/** Bytes it takes on the wire. */
export function sizeOf(data: SocketData): number {
  return typeof data === 'string' ? new Blob([data]).size : 'size' in data ? data.size : data.byteLength
}

/** `send` takes what a buffer holds now, not what it holds when there is a connection. (The `slice` of Node's Buffer copies nothing.) */
function copy(data: SocketData): SocketData {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice()
    : data.slice(0)
}

export function createSendQueue({
  messages = 1_024,
  bytes = 1_000_000,
  policy,
  dropped,
}: SocketQueueOptions = {}): SendQueue {
  const waiting: SocketData[] = []
  let total = 0

  function take(): SocketData | undefined {
    const oldest = waiting.shift()
    if (oldest !== undefined) total -= sizeOf(oldest)
    return oldest
  }

  return {
    get bytes() {
      return total
    },
    take,
    add(data) {
      const size = sizeOf(data)
      while (waiting.length >= messages || total + size > bytes) {
        const oldest = policy === 'drop-oldest' && size <= bytes ? take() : undefined
        if (oldest === undefined) throw new EverwireError('queue_full', '', { outcome: 'rejected' })
        dropped?.(oldest)
      }
      waiting.push(copy(data))
      total += size
    },
  }
}
