import { dataAt, type Frame, type Message } from './frames'

/** What arrives: an array whose first element is a one-letter opcode. Everything behind it is unchecked. */
export type RawFrame = [opcode: string, ...rest: unknown[]]

/**
 * A frame as one line of text; bytes become base64.
 *
 * @example encodeText(['u', 'room:42'])   // '["u","room:42"]'
 */
export function encodeText(frame: Frame): string {
  return JSON.stringify(flagged(frame, (bytes) => btoa(latin1(bytes))))
}

/**
 * A frame as one WebSocket message: text, or a header line followed by the bytes.
 *
 * @example encode(['e', 'room:42', 'pixels', new Uint8Array([1, 2])])   // a Uint8Array
 */
export function encode(frame: Frame): Message {
  const bytes = frame[dataAt[frame[0]] ?? 0]
  if (!(bytes instanceof Uint8Array)) return JSON.stringify(frame)
  const header = new TextEncoder().encode(`${JSON.stringify(flagged(frame, () => 0))}\n`)
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
  if (typeof message !== 'string') return [decodeBytes(message)]
  const frames: RawFrame[] = []
  for (const line of message.split('\n')) {
    if (!line) continue
    const frame = parse(line)
    const at = dataAt[frame[0]]
    if (at && isFlagged(frame[at + 1])) frame[at] = bytesOf(frame[at])
    frames.push(frame)
  }
  return frames
}

function decodeBytes(message: Uint8Array<ArrayBuffer>): RawFrame {
  const end = message.indexOf(10)
  const frame = parse(new TextDecoder('utf-8', { fatal: true }).decode(message.subarray(0, Math.max(end, 0))))
  const at = dataAt[frame[0]]
  if (!at || !isFlagged(frame[at + 1]) || frame[at] !== 0) throw new TypeError('bytes without a frame')
  frame[at] = message.slice(end + 1)
  return frame
}

function parse(line: string): RawFrame {
  const frame: unknown = JSON.parse(line)
  if (!Array.isArray(frame) || typeof frame[0] !== 'string') throw new TypeError('not a frame')
  return frame as RawFrame
}

function flagged(frame: Frame, place: (bytes: Uint8Array) => string | number): readonly unknown[] {
  const at = dataAt[frame[0]]
  const bytes = at && frame[at]
  if (!(bytes instanceof Uint8Array)) return frame
  const copy: unknown[] = [...frame]
  copy[at as number] = place(bytes)
  copy[(at as number) + 1] = { ...(frame[(at as number) + 1] as object), b: 1 }
  return copy
}

function isFlagged(options: unknown): boolean {
  return typeof options === 'object' && options !== null && Object.hasOwn(options, 'b')
}

function bytesOf(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw new TypeError('bytes expected')
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
}

function latin1(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return text
}
