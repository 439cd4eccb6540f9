import { dataAt, type Frame, type Message } from './frames'

/** What arrives: an array whose first element is a one-letter opcode. Everything behind it is unchecked. */
export type RawFrame = [opcode: string, ...rest: unknown[]]

/**
 * A frame as one message of a stream: text, or, if it carries bytes, a header line followed by them. Over HTTP (`streams` false) it is
 * one line of text in any case, with the bytes as base64.
 *
 * @example
 * encode(['u', 'room:42'])                                      // '["u","room:42"]'
 * encode(['e', 'room:42', 'pixels', new Uint8Array([1, 2])])    // a Uint8Array
 */
export function encode(frame: Frame, streams = true): Message {
  const at = dataAt[frame[0]] ?? 0
  const bytes: unknown = frame[at]
  if (!(bytes instanceof Uint8Array)) return JSON.stringify(frame)
  const flagged: unknown[] = [...frame]
  flagged[at] = streams ? 0 : btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
  flagged[at + 1] = { ...(flagged[at + 1] as object), b: 1 }
  const text = JSON.stringify(flagged)
  if (!streams) return text
  const header = new TextEncoder().encode(`${text}\n`)
  const message = new Uint8Array(header.length + bytes.length)
  message.set(header)
  message.set(bytes, header.length)
  return message
}

/** A frame as one line of text; bytes become base64. */
export const encodeText = (frame: Frame) => encode(frame, false) as string

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

/**
 * One frame.
 *
 * @param bytes what came behind the header; a frame that claims to have bytes must have them there, or as base64 if it came as text.
 * @throws SyntaxError or TypeError if it is none
 */
export function read(line: string, bytes?: Uint8Array): RawFrame {
  const frame: unknown = JSON.parse(line)
  if (!Array.isArray(frame) || typeof frame[0] !== 'string') throw new TypeError('bad_frame')
  const at = dataAt[frame[0]] as number // NaN comes of what carries none
  const isFlagged = frame[at + 1]?.b
  if (bytes ? !isFlagged || frame[at] !== 0 : isFlagged && typeof frame[at] !== 'string')
    throw new TypeError('bad_frame')
  if (isFlagged) frame[at] = bytes ?? Uint8Array.from(atob(frame[at]), (char) => char.charCodeAt(0))
  return frame as RawFrame
}
