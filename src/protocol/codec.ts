import { dataAt, type Frame, type Message } from './frames'

/** What arrives: an array whose first element is a one-letter opcode. Everything behind it is unchecked. */
export type RawFrame = [opcode: string, ...rest: unknown[]]

/**
 * A frame as one line of text; bytes become base64.
 *
 * @example encodeText(['u', 'room:42'])   // '["u","room:42"]'
 */
export function encodeText(frame: Frame): string {
  const bytes = bytesOf(frame)
  return JSON.stringify(
    bytes ? flagged(frame, btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))) : frame,
  )
}

/**
 * A frame as one WebSocket message: text, or a header line followed by the bytes.
 *
 * @example encode(['e', 'room:42', 'pixels', new Uint8Array([1, 2])])   // a Uint8Array
 */
export function encode(frame: Frame): Message {
  const bytes = bytesOf(frame)
  if (!bytes) return JSON.stringify(frame)
  const header = new TextEncoder().encode(`${JSON.stringify(flagged(frame, 0))}\n`)
  const message = new Uint8Array(header.length + bytes.length)
  message.set(header)
  message.set(bytes, header.length)
  return message
}

/**
 * The frames of a message. Empty lines are ignored.
 *
 * @throws SyntaxError or TypeError if any of it is not a frame; nothing of a bad message is applied.
 */
export function decode(message: Message): RawFrame[] {
  if (typeof message === 'string')
    return message
      .split('\n')
      .filter(Boolean)
      .map((line) => read(line))
  const end = message.indexOf(10) + 1
  return [read(new TextDecoder('utf-8', { fatal: true }).decode(message.subarray(0, end)), message.slice(end))]
}

/** @param bytes what came behind the header; a frame that claims to have bytes must have them there, or as base64 if it came as text. */
function read(line: string, bytes?: Uint8Array): RawFrame {
  const frame: unknown = JSON.parse(line)
  if (!Array.isArray(frame) || typeof frame[0] !== 'string') throw new TypeError('bad_frame')
  const at = dataAt[frame[0]] ?? 0
  const isFlagged = at > 0 && Object.hasOwn(Object(frame[at + 1]), 'b')
  if (bytes ? !isFlagged || frame[at] !== 0 : isFlagged && typeof frame[at] !== 'string')
    throw new TypeError('bad_frame')
  if (isFlagged) frame[at] = bytes ?? Uint8Array.from(atob(frame[at]), (char) => char.charCodeAt(0))
  return frame as RawFrame
}

function bytesOf(frame: Frame): Uint8Array | undefined {
  const data = frame[dataAt[frame[0]] ?? 0]
  return data instanceof Uint8Array ? data : undefined
}

/** The frame with something in place of its bytes, and the flag that says so. */
function flagged(frame: Frame, stand: string | 0): unknown[] {
  const copy: unknown[] = [...frame]
  const at = dataAt[frame[0]] as number
  copy[at] = stand
  copy[at + 1] = { ...(copy[at + 1] as object), b: 1 }
  return copy
}
