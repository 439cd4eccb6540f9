import type { Message } from '../../protocol/frames'

/** Makes the WebSocket frame of a message once when it goes to many. */
export interface Framer {
  /** The whole frame, if this very message was the last one, too: the first time it may be for one connection alone. */
  shared(message: Message): Uint8Array | undefined
}

/**
 * @example
 * const frame = framer.shared(text)
 * if (frame) socket.write(frame)
 * else webSocket.send(text)
 */
export function createFramer(): Framer {
  let last: Message | undefined
  let frame: Uint8Array | undefined
  return {
    shared(message) {
      if (message !== last) {
        last = message
        frame = undefined
        return undefined
      }
      frame ??= frameOf(message)
      return frame
    },
  }
}

const text = 0x81
const binary = 0x82

/** RFC 6455, 5.2: a whole message, unmasked, as a server sends it. Not out of a pool: a slow reader would keep all of that alive. */
function frameOf(message: Message): Uint8Array {
  const isText = typeof message === 'string'
  const length = isText ? Buffer.byteLength(message) : message.length
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafeSlow(head + length)
  frame[0] = isText ? text : binary
  frame[1] = head === 2 ? length : head === 4 ? 126 : 127
  if (head === 4) frame.writeUInt16BE(length, 2)
  if (head === 10) frame.writeBigUInt64BE(BigInt(length), 2)
  if (isText) frame.write(message, head)
  else frame.set(message, head)
  return frame
}
