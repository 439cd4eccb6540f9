import type { Message } from '../../protocol/frames'

/**
 * The WebSocket frame of a message, ready for the socket (RFC 6455, 5.2: a whole message, unmasked, as a server sends it). The last one is
 * kept: what goes to many is framed once.
 *
 * @example
 * socket.write(frame(message), 'latin1')
 */
export type Framer = (message: Message) => string | Uint8Array

export function createFramer(): Framer {
  let last: Message | undefined
  let frame: string | Uint8Array = ''
  return (message) => {
    if (message !== last) {
      frame = frameOf(message)
      last = message
    }
    return frame
  }
}

const text = 0x81
const binary = 0x82
/** Up to here Node writes a string straight from its stack; a longer one it would copy for each connection. */
const mostChars = 16_000

function frameOf(message: Message): string | Uint8Array {
  const isText = typeof message === 'string'
  const length = isText ? Buffer.byteLength(message) : message.length
  const head = headOf(isText ? text : binary, length)
  // one byte per character: no buffer is needed, and none is kept alive by a slow reader
  if (isText && length === message.length && length <= mostChars) return head.toString('latin1') + message
  // not out of a pool: a slow reader would keep all of that alive
  const frame = Buffer.allocUnsafeSlow(head.length + length)
  frame.set(head)
  if (isText) frame.write(message, head.length)
  else frame.set(message, head.length)
  return frame
}

function headOf(kind: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(length < 126 ? 2 : length < 65_536 ? 4 : 10)
  head[0] = kind
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127
  if (head.length === 4) head.writeUInt16BE(length, 2)
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
