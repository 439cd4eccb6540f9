import type { Clock } from '../environment/environment'
import { encode, encodeText } from '../protocol/codec'
import type { Message, SendOptions } from '../protocol/frames'
import { deadline } from '../shared/deadline'
import { EverwireError } from '../shared/errors'

export interface QueueOptions {
  /** Most sends without an outcome. Default 1,024. */
  messages: number
  /** Most bytes of them. Default 1,000,000. */
  bytes: number
  /** What a full queue does with one more: refuse it, or drop the oldest that was never tried. Default 'reject'. */
  policy: 'reject' | 'drop-oldest'
}

export interface SendInput {
  kind: 'p' | 'q'
  channel: string
  event: string
  data: unknown
  /** False: the sender does not want its own event back. */
  echo?: boolean | undefined
  /** ms until the send is given up. Default: never. */
  timeout?: number | undefined
  signal?: AbortSignal | undefined
}

/** A publish or request without an outcome yet. */
export interface Send {
  readonly n: number
  readonly kind: 'p' | 'q'
  readonly bytes: number
  /** The frame for one more connection to carry; from now on the send counts as tried. */
  carry(streams: boolean): Message
}

/** Unsettled sends, in order. Every one settles exactly once: accepted, rejected, or unknown. */
export interface Outbox {
  /** Throws `invalid`, `queue_full` or `aborted` if it cannot be taken at all. */
  add(input: SendInput): { n: number; outcome: Promise<unknown> }
  /** Those still unsettled, oldest first. */
  sends(): Iterable<Send>
  /** The kind of an unsettled send; undefined if it has settled. */
  kind(n: number): Send['kind'] | undefined
  /** Outcomes. Numbers that are not here (settled, given up, never sent) are ignored. */
  accept(n: number, value: unknown): void
  refuse(n: number, error: EverwireError): void
  /** Settles what no server can know any more (tried longer ago than its window) or take (bigger than `messageBytes`). */
  expire(windowMs: number, messageBytes: number): void
  readonly pending: number
  /** Resolves once everything of now has settled. */
  settled(): Promise<void>
  close(code: string): void
}

interface Entry extends Send {
  tried: { now: number; wall: number } | undefined
  promise: Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
  free(): void
}

export function createOutbox(clock: Clock, options: QueueOptions, changed: () => void): Outbox {
  const entries = new Map<number, Entry>()
  let bytes = 0
  let last = 0

  const age = ({ tried }: Entry) => (tried ? Math.max(0, clock.now() - tried.now, clock.wall() - tried.wall) : 0)

  function take(n: number): Entry | undefined {
    const entry = entries.get(n)
    if (!entry) return
    entries.delete(n)
    bytes -= entry.bytes
    entry.free()
    changed()
    return entry
  }

  /** Fails a send for a reason of our own: what was never tried has surely not happened. */
  function giveUp(n: number, code: string, cause?: unknown): void {
    const entry = take(n)
    entry?.reject(new EverwireError(code, '', { outcome: entry.tried ? 'unknown' : 'rejected', cause }))
  }

  function makeRoom(size: number): void {
    const full = () => entries.size >= options.messages || bytes + size > options.bytes
    if (options.policy !== 'reject') {
      for (const { n, tried } of entries.values()) if (!tried && full()) giveUp(n, 'dropped')
    }
    if (full()) throw refused('queue_full')
  }

  function frame(entry: Entry, input: SendInput, body: string | Uint8Array<ArrayBuffer>, streams: boolean): Message {
    const { kind, timeout, channel, event, echo } = input
    const more: SendOptions = {
      ...(echo === false && { e: 0 }),
      ...(kind === 'q' && timeout !== undefined && { d: Math.ceil(timeout) }),
      ...(entry.tried && { a: Math.ceil(age(entry)) }),
    }
    entry.tried ??= { now: clock.now(), wall: clock.wall() }
    if (typeof body !== 'string') return (streams ? encode : encodeText)([kind, entry.n, channel, event, body, more])
    return `["${kind}",${entry.n},${body},${JSON.stringify(more)}]`
  }

  return {
    add(input) {
      const { signal, kind } = input
      if (signal?.aborted) throw refused('aborted', signal.reason)
      const body = serialise(input)
      const size = (typeof body === 'string' ? new TextEncoder().encode(body) : body).length + overhead
      makeRoom(size)
      const n = ++last
      const free = deadline(clock, input, (code, cause) => giveUp(n, code, cause))
      const entry = { n, kind, bytes: size, free, tried: undefined } as Entry
      entry.carry = (streams) => frame(entry, input, body, streams)
      entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }))
      entries.set(n, entry)
      bytes += size
      changed()
      return { n, outcome: entry.promise }
    },
    sends: () => entries.values(),
    kind: (n) => entries.get(n)?.kind,
    accept: (n, value) => take(n)?.resolve(value),
    refuse: (n, error) => take(n)?.reject(error),
    expire(windowMs, messageBytes) {
      for (const entry of entries.values()) {
        if (entry.bytes - overhead > messageBytes) giveUp(entry.n, 'too_big')
        else if (age(entry) >= windowMs) giveUp(entry.n, 'unknown')
      }
    },
    get pending() {
      return entries.size
    },
    async settled() {
      await Promise.allSettled([...entries.values()].map(({ promise }) => promise))
    },
    close(code) {
      for (const n of [...entries.keys()]) giveUp(n, code)
    },
  }
}

/** Room for opcode, number and options of a frame, bytes. */
const overhead = 64

/** Taken down at the call: what the caller changes later is not sent. */
function serialise({ channel, event, data }: SendInput): string | Uint8Array<ArrayBuffer> {
  if (data instanceof Uint8Array) return new Uint8Array(data)
  try {
    const json: string | undefined = JSON.stringify(data ?? null) // undefined for functions and symbols
    if (json) return `${JSON.stringify([channel, event]).slice(1, -1)},${json}`
  } catch (cause) {
    throw refused('invalid', cause)
  }
  throw refused('invalid')
}

function refused(code: string, cause?: unknown): EverwireError {
  return new EverwireError(code, '', { outcome: 'rejected', cause })
}
