import type { Message } from '../protocol/frames'

/** Data as it goes out: JSON text, or bytes. */
export type Body = string | Uint8Array<ArrayBuffer>

/** Frames on their way out, joined into as few messages as there can be. */
export interface Batch {
  readonly messages: Message[]
  /** False if `bytes` more would be too many. The first frame always fits. */
  fits(bytes: number): boolean
  /** @param bytes default: as many as it has characters */
  add(frame: Message, bytes?: number): void
}

/** Frames of a batch (protocol: 256 in a message). */
const mostFrames = 200

/** @param mostBytes of the whole batch */
export function createBatch(mostBytes: number): Batch {
  const messages: Message[] = []
  let bytes = 0
  let frames = 0
  return {
    messages,
    fits: (more) => !frames || (bytes + more <= mostBytes && frames < mostFrames),
    add(frame, size = frame.length) {
      bytes += size
      frames++
      const last = messages.length - 1
      // bytes are a message of their own; text joins the text before it
      if (typeof frame === 'string' && typeof messages[last] === 'string') messages[last] += `\n${frame}`
      else messages.push(frame)
    },
  }
}

export const line = (frame: readonly unknown[]) => JSON.stringify(frame)

const utf8 = (text: string) => new TextEncoder().encode(text)

/** In bytes. Most text is ASCII, and need not be encoded to be counted. */
export const sizeOf = (body: Message) => (typeof body === 'string' && /[^ -~]/.test(body) ? utf8(body) : body).length

/**
 * A frame with data: its elements before them and its options behind them. Over a stream bytes follow the line, else they are base64.
 *
 * @example frameOf(['p', 17, 'room:42', 'message'], '{"text":"hi"}', { e: 0 }, true)   // '["p",17,"room:42","message",{"text":"hi"},{"e":0}]'
 */
export function frameOf(head: readonly unknown[], body: Body, options: object, streams: boolean): Message {
  const isText = typeof body === 'string'
  const base64 = () => btoa(Array.from(body as Uint8Array, (byte) => String.fromCharCode(byte)).join(''))
  const data = isText ? body : streams ? 0 : `"${base64()}"`
  const end = JSON.stringify(isText ? options : { ...options, b: 1 })
  const text = `${line(head).slice(0, -1)},${data}${end === '{}' ? '' : `,${end}`}]`
  if (isText || !streams) return text
  const header = utf8(`${text}\n`)
  const message = new Uint8Array(header.length + body.length)
  message.set(header)
  message.set(body, header.length)
  return message
}
