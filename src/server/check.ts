import { decode, type RawFrame, read } from '../protocol/codec'
import { type Cursor, dataAt, type HelloInfo, type Message } from '../protocol/frames'
import { EverwireError } from '../shared/errors'
import type { ServerLimits } from './limits'

/** A frame, and how long it was on the wire. */
export interface Received {
  readonly frame: RawFrame
  /** Bytes. */
  readonly size: number
  /** When, `clock.now()`: ages in it count from there, however long it had to wait. */
  readonly at: number
}

/** Ends the connection with `bad_frame`. Says what is wrong, never what was sent. */
export function bad(what: string): EverwireError {
  return new EverwireError('bad_frame', what)
}

/**
 * Takes a message apart that came at `at`. Nothing of it has been applied when this throws.
 *
 * @throws EverwireError `bad_frame`
 */
export function parse(message: Message, limits: ServerLimits, at: number): Received[] {
  if (sizeOf(message) > limits.batchBytes) throw bad('the message is too big')
  const received: Received[] = []
  if (typeof message !== 'string') return [{ frame: frameOf(message), size: message.length, at }]
  for (let start = 0, lines = 0; start < message.length; lines++) {
    let end = message.indexOf('\n', start)
    if (end < 0) end = message.length
    // empty lines say nothing, but looking at them takes time
    if (lines >= 2 * limits.batchFrames || received.length >= limits.batchFrames)
      throw bad('too many frames in one message')
    if (end > start) {
      const line = message.slice(start, end)
      received.push({ frame: frameOf(line), size: sizeOf(line), at })
    }
    start = end + 1
  }
  if (received.length === 0) throw bad('an empty message')
  return received
}

function frameOf(message: Message): RawFrame {
  let frame: RawFrame | undefined
  try {
    frame = typeof message === 'string' ? read(message) : decode(message)[0]
  } catch {
    // what the parser says quotes what was sent
  }
  if (frame?.[0].length !== 1) throw bad('no frame')
  return frame
}

/** UTF-8 bytes. Text is counted exactly only where that can matter. */
export function sizeOf(message: Message): number {
  if (typeof message !== 'string' || message.length < 16_384) return message.length
  return new TextEncoder().encode(message).length
}

const name = /^[A-Za-z0-9_\-.:@#/]{1,128}$/

/** A channel, event or request. ASCII, so that no two names look the same and none is cut up by what stores it. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && name.test(value)
}

/** @throws EverwireError `bad_frame` */
export function number(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw bad('a number from 1 was expected')
  return value as number
}

/** Options of a send or subscribe: an object, or nothing. Read by own keys only, never merged. */
export function option(options: unknown, key: string): unknown {
  if (options === undefined || options === null) return undefined
  if (typeof options !== 'object' || Array.isArray(options)) throw bad('options are an object')
  return Object.hasOwn(options, key) ? (options as Record<string, unknown>)[key] : undefined
}

/** A duration or count in the options; undefined if it is absent. */
export function amount(options: unknown, key: string): number | undefined {
  const value = option(options, key)
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || Object.is(value, -0)) {
    throw bad(`option ${key}: a number from 0 was expected`)
  }
  return value
}

/** @throws EverwireError `bad_frame` */
export function cursorOf(value: unknown): Cursor | undefined {
  if (value === null || value === undefined) return undefined
  if (!Array.isArray(value)) throw bad('a cursor is [epoch, offset]')
  const [epoch, offset] = value as unknown[]
  if (typeof epoch !== 'string' || epoch.length > 64) throw bad("a cursor's epoch is a short text")
  if (!Number.isSafeInteger(offset) || (offset as number) < 0 || Object.is(offset, -0)) {
    throw bad("a cursor's offset is a number from 0")
  }
  return [epoch, offset as number]
}

/** @throws EverwireError `bad_frame` if it is no hello; `version` if it is one of another protocol */
export function helloOf([op, info]: RawFrame): HelloInfo {
  if (op !== 'h') throw bad('the first frame is a hello')
  if (typeof info !== 'object' || info === null || Array.isArray(info)) throw bad('a hello carries an object')
  const v = option(info, 'v')
  if (v !== 1)
    throw v === undefined ? bad('a hello names its version') : new EverwireError('version', 'protocol 1 is spoken here')
  const s = option(info, 's')
  if (typeof s !== 'string' || !/^[\w-]{22,128}$/.test(s)) throw bad('s: at least 22 characters of base64url')
  const g = option(info, 'g')
  if (!Number.isSafeInteger(g) || (g as number) < 0 || Object.is(g, -0)) throw bad('g: a number from 0')
  const t = textOf(option(info, 't'))
  const k = textOf(option(info, 'k'))
  const i = textOf(option(info, 'i'))
  const w = amount(info, 'w')
  return {
    v,
    s,
    g: g as number,
    ...(t !== undefined && { t }),
    ...(k !== undefined && { k }),
    ...(i !== undefined && { i }),
    ...(w !== undefined && { w }),
  }
}

function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'string') throw bad('tokens and tickets are text')
  return value
}

/** The data of a send, by its opcode. */
export function dataOf(frame: RawFrame): unknown {
  const data = frame[dataAt[frame[0]] ?? 0]
  return data === undefined ? null : data
}

/**
 * True if `value` nests deeper than `most`. Walks without recursion: what is to be found out is whether recursion would survive.
 *
 * @param size of the value on the wire: a short one cannot be deep
 */
export function isDeeper(value: unknown, most: number, size = Number.POSITIVE_INFINITY): boolean {
  if (typeof value !== 'object' || value === null || size <= 2 * most) return false
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= most) return true
    const next: unknown[] = []
    for (const each of level) {
      if (each instanceof Uint8Array) continue
      for (const child of Object.values(each as object)) {
        if (typeof child === 'object' && child !== null) next.push(child)
      }
    }
    level = next
  }
  return false
}
