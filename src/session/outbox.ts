import type { Clock } from '../environment/environment'
import { encode } from '../protocol/codec'
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
  readonly kind: 'p' | 'q'
  readonly channel: string
  readonly event: string
  readonly data: unknown
  /** False: the sender does not want its own event back. */
  readonly echo?: boolean | undefined
  /** ms until the send is given up. Default: never. */
  readonly timeout?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A publish or request without an outcome yet. */
export interface Send {
  readonly n: number
  readonly kind: 'p' | 'q'
  readonly bytes: number
  /** When it was first tried, by both clocks: sleep stops the one, users set the other. */
  readonly tried?: readonly [now: number, wall: number]
}

/** Unsettled sends, in order. Every one settles exactly once: accepted, rejected, or unknown. */
export interface Outbox {
  /** Throws `invalid`, `queue_full` or `aborted` if it cannot be taken at all. */
  add(input: SendInput): { n: number; outcome: Promise<unknown> }
  /** Those still unsettled with a number above `after`, oldest first. */
  sends(after?: number): Iterable<Send>
  /** The frame of an unsettled send, for one more connection to carry; from now on it counts as tried. */
  carry(send: Send, streams: boolean): Message
  /** The kind of an unsettled send; undefined if it has settled. */
  kind(n: number): Send['kind'] | undefined
  /** Outcomes. Numbers that are not here (settled, given up, never sent) are ignored. */
  accept(n: number, value: unknown): void
  refuse(n: number, error: EverwireError): void
  /** Fails a send for a reason of our own: what was never tried has surely not happened. */
  giveUp(n: number, code: string): void
  /** Settles what no server can know any more: what was tried longer ago than its window. */
  expire(windowMs: number): void
  readonly pending: number
  /** Resolves once everything of now has settled. */
  settled(): Promise<unknown>
  /** Settles everything, with this code. */
  close(code: string): void
}

/** JSON of channel, event and data as they stand in a frame; or the bytes. */
type Body = string | Uint8Array<ArrayBuffer>

interface Entry extends Send {
  readonly input: SendInput
  readonly body: Body
  tried?: readonly [now: number, wall: number]
  readonly outcome: Promise<unknown>
  resolve(value: unknown): void
  reject(error: unknown): void
  free(): void
}

/** Room for opcode, number and options of a frame, bytes. */
export const overhead = 64

export function createOutbox(clock: Clock, options: Partial<QueueOptions>, changed: () => void): Outbox {
  const { messages = 1_024, bytes: mostBytes = 1_000_000, policy = 'reject' } = options
  const entries = new Map<number, Entry>()
  let bytes = 0
  let last = 0

  const age = ({ tried }: Entry) => (tried ? Math.max(0, clock.now() - tried[0], clock.wall() - tried[1]) : 0)

  function take(n: number): Entry | undefined {
    const entry = entries.get(n)
    if (entry) {
      entries.delete(n)
      bytes -= entry.bytes
      entry.free()
      changed()
    }
    return entry
  }

  function giveUp(n: number, code: string, cause?: unknown): void {
    const entry = take(n)
    entry?.reject(new EverwireError(code, '', { outcome: entry.tried ? 'unknown' : 'rejected', cause }))
  }

  function makeRoom(size: number): void {
    const isFull = () => entries.size >= messages || bytes + size > mostBytes
    // what can never fit makes nobody go
    if (policy !== 'reject' && size <= mostBytes) {
      for (const { n, tried } of entries.values()) if (!tried && isFull()) giveUp(n, 'dropped')
    }
    if (isFull()) throw refused('queue_full')
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
      const entry = { n, kind, input, body, bytes: size, free } as Entry
      const outcome = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }))
      entries.set(n, Object.assign(entry, { outcome }))
      bytes += size
      changed()
      return entry
    },
    *sends(after = 0) {
      if (after === 0) yield* entries.values()
      else
        for (let n = after + 1; n <= last; n++) {
          const entry = entries.get(n)
          if (entry) yield entry
        }
    },
    carry(send, streams) {
      const entry = send as Entry
      const { n, body, input } = entry
      const { kind, channel, event, echo, timeout } = input
      const more: SendOptions = {
        ...(echo === false && { e: 0 }),
        ...(kind === 'q' && timeout !== undefined && { d: Math.ceil(timeout) }),
        ...(entry.tried && { a: Math.ceil(age(entry)) }),
      }
      entry.tried ??= [clock.now(), clock.wall()]
      return typeof body === 'string'
        ? `["${kind}",${n},${body},${JSON.stringify(more)}]`
        : encode([kind, n, channel, event, body, more], streams)
    },
    kind: (n) => entries.get(n)?.kind,
    accept: (n, value) => take(n)?.resolve(value),
    refuse: (n, error) => take(n)?.reject(error),
    giveUp,
    expire(windowMs) {
      for (const entry of entries.values()) {
        if (age(entry) < windowMs) return // they are in the order in which they were tried
        giveUp(entry.n, 'unknown')
      }
    },
    get pending() {
      return entries.size
    },
    settled: () => Promise.allSettled([...entries.values()].map(({ outcome }) => outcome)),
    close(code) {
      for (const n of entries.keys()) giveUp(n, code)
    },
  }
}

/** Taken down at the call: what the caller changes later is not sent. */
function serialise({ channel, event, data }: SendInput): Body {
  if (data instanceof Uint8Array) return new Uint8Array(data)
  let cause: unknown
  try {
    const json = JSON.stringify(data ?? null) as string | undefined // undefined for functions and symbols
    if (json) return `${JSON.stringify([channel, event]).slice(1, -1)},${json}`
  } catch (error) {
    cause = error
  }
  throw refused('invalid', cause)
}

const refused = (code: string, cause?: unknown) => new EverwireError(code, '', { outcome: 'rejected', cause })
