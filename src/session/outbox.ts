import type { Clock } from '../environment/environment'
import { encode, encodeText } from '../protocol/codec'
import type { Message, SendOptions } from '../protocol/frames'
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
  close(error: () => EverwireError): void
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

  const age = (entry: Entry) =>
    entry.tried ? Math.max(0, clock.now() - entry.tried.now, clock.wall() - entry.tried.wall) : 0

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
  function giveUp(n: number, code: string, message?: string, cause?: unknown): void {
    const entry = take(n)
    entry?.reject(new EverwireError(code, message, { outcome: entry.tried ? 'unknown' : 'rejected', cause }))
  }

  function makeRoom(size: number): void {
    const full = () => entries.size >= options.messages || bytes + size > options.bytes
    if (options.policy === 'drop-oldest') {
      for (const entry of entries.values()) {
        if (!full()) return
        if (!entry.tried) giveUp(entry.n, 'dropped', 'dropped from a full queue for a newer send')
      }
    }
    if (full()) throw rejected('queue_full', 'the offline queue is full; wait for sends to settle, or raise `queue`')
  }

  function frame(entry: Entry, input: SendInput, body: string | Uint8Array<ArrayBuffer>, streams: boolean): Message {
    const more: SendOptions = {}
    if (input.echo === false) more.e = 0
    if (input.kind === 'q' && input.timeout !== undefined) more.d = Math.ceil(input.timeout)
    if (entry.tried) more.a = Math.ceil(age(entry))
    entry.tried ??= { now: clock.now(), wall: clock.wall() }
    if (typeof body !== 'string') {
      return (streams ? encode : encodeText)([input.kind, entry.n, input.channel, input.event, body, more])
    }
    const tail = JSON.stringify(more)
    return `["${input.kind}",${entry.n},${body}${tail === '{}' ? '' : `,${tail}`}]`
  }

  return {
    add(input) {
      const { signal, timeout } = input
      if (signal?.aborted) throw rejected('aborted', 'aborted before it was sent', signal.reason)
      const body = serialise(input)
      const size = typeof body === 'string' ? new TextEncoder().encode(body).length : body.length + 200
      makeRoom(size)
      const n = ++last
      let resolve!: Entry['resolve']
      let reject!: Entry['reject']
      const promise = new Promise<unknown>((yes, no) => {
        resolve = yes
        reject = no
      })
      const abort = () => giveUp(n, 'aborted', 'aborted by its signal', signal?.reason)
      signal?.addEventListener('abort', abort)
      const cancel =
        timeout === undefined ? undefined : clock.timer(timeout, () => giveUp(n, 'timeout', `no outcome after ${timeout} ms`))
      const entry: Entry = {
        n,
        kind: input.kind,
        bytes: size,
        tried: undefined,
        promise,
        resolve,
        reject,
        carry: (streams) => frame(entry, input, body, streams),
        free() {
          cancel?.()
          signal?.removeEventListener('abort', abort)
        },
      }
      entries.set(n, entry)
      bytes += size
      changed()
      return { n, outcome: promise }
    },
    sends: () => entries.values(),
    kind: (n) => entries.get(n)?.kind,
    accept: (n, value) => take(n)?.resolve(value),
    refuse: (n, error) => take(n)?.reject(error),
    expire(windowMs, messageBytes) {
      for (const entry of entries.values()) {
        if (entry.bytes > messageBytes) giveUp(entry.n, 'too_big', `bigger than the server takes (${messageBytes} bytes)`)
        else if (age(entry) >= windowMs) giveUp(entry.n, 'unknown', 'the server no longer remembers sends that old')
      }
    },
    get pending() {
      return entries.size
    },
    async settled() {
      await Promise.allSettled([...entries.values()].map((entry) => entry.promise))
    },
    close(error) {
      for (const { n, tried } of [...entries.values()]) {
        const { code, message } = error()
        take(n)?.reject(new EverwireError(code, message, { outcome: tried ? 'unknown' : 'rejected' }))
      }
    },
  }
}

/** Taken down at the call: what the caller changes later is not sent. */
function serialise({ channel, event, data }: SendInput): string | Uint8Array<ArrayBuffer> {
  if (data instanceof Uint8Array) return new Uint8Array(data)
  let json: string | undefined
  try {
    json = JSON.stringify(data ?? null)
  } catch (cause) {
    throw rejected('invalid', 'data cannot be written as JSON', cause)
  }
  if (json === undefined) throw rejected('invalid', 'data must be JSON or a Uint8Array')
  return `${JSON.stringify(channel)},${JSON.stringify(event)},${json}`
}

function rejected(code: string, message: string, cause?: unknown): EverwireError {
  return new EverwireError(code, message, { outcome: 'rejected', cause })
}
