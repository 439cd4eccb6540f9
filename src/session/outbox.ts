import type { Clock } from '../environment/environment'
import { deadline } from '../shared/deadline'
import { EverwireError } from '../shared/errors'
import { type Body, sizeOf } from './batch'

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
  readonly input: SendInput
  readonly body: Body
  readonly bytes: number
  /** When it was first tried, by both clocks: sleep stops the one, users set the other. */
  tried?: readonly [now: number, wall: number]
  /** The link that carried it last, and since when, `clock.now()`. */
  link?: object
  at?: number
  outcome: Promise<unknown> & { id: number }
  resolve(value: unknown): void
  reject(error: unknown): void
  /** Ends what watches over its deadline, if it has one. */
  free?(): void
}

/** Unsettled sends, in order. Every one settles exactly once: accepted, rejected, or unknown. */
export interface Outbox {
  /** Throws `invalid`, `queue_full` or `aborted` if it cannot be taken at all. */
  add(input: SendInput): Promise<unknown> & { readonly id: number }
  /** By number, oldest first. */
  readonly sends: ReadonlyMap<number, Send>
  /** Those with a number above `after`, oldest first. */
  after(after: number): Iterable<Send>
  /** Takes one out, for its outcome; undefined if it is not here: settled, given up, never sent. */
  take(n: number): Send | undefined
  /** Fails a send for a reason of our own: what was never tried has surely not happened. */
  giveUp(n: number, code: string): void
  /** Resolves once everything of now has settled. */
  settled(): Promise<unknown>
  /** Settles everything, with this code. */
  close(code: string): void
}

/** Room for opcode, number and options of a frame, bytes. */
export const overhead = 64

export function createOutbox(clock: Clock, options: Partial<QueueOptions> = {}, changed: () => void): Outbox {
  const { messages = 1_024, bytes: mostBytes = 1_000_000, policy } = options
  const sends = new Map<number, Send>()
  let bytes = 0
  let last = 0

  function take(n: number): Send | undefined {
    const send = sends.get(n)
    if (send) {
      sends.delete(n)
      bytes -= send.bytes
      send.free?.()
      changed()
    }
    return send
  }

  function giveUp(n: number, code: string, cause?: unknown): void {
    const send = take(n)
    send?.reject(new EverwireError(code, '', { outcome: send.tried ? 'unknown' : 'rejected', cause }))
  }

  function makeRoom(size: number): void {
    const isFull = () => sends.size >= messages || bytes + size > mostBytes
    // what can never fit makes nobody go
    if (policy === 'drop-oldest' && size <= mostBytes) {
      for (const { n, tried } of sends.values()) if (!tried && isFull()) giveUp(n, 'dropped')
    }
    if (isFull()) throw refused('queue_full')
  }

  return {
    add(input) {
      const { signal, channel, event } = input
      if (signal?.aborted) throw refused('aborted', signal.reason)
      const body = bodyOf(input.data)
      const size = sizeOf(body) + channel.length + event.length + overhead
      makeRoom(size)
      const n = ++last
      const send = { n, input, body, bytes: size } as Send
      if (signal || input.timeout !== undefined)
        send.free = deadline(clock, input, (code, cause) => giveUp(n, code, cause))
      send.outcome = new Promise((resolve, reject) => {
        send.resolve = resolve
        send.reject = reject
      }) as Send['outcome']
      send.outcome.id = n
      sends.set(n, send)
      bytes += size
      changed()
      return send.outcome
    },
    sends,
    *after(after) {
      if (!after) yield* sends.values()
      else
        for (let n = after + 1; n <= last; n++) {
          const send = sends.get(n)
          if (send) yield send
        }
    },
    take,
    giveUp,
    settled: () => Promise.allSettled([...sends.values()].map(({ outcome }) => outcome)),
    close(code) {
      for (const n of sends.keys()) giveUp(n, code)
    },
  }
}

/**
 * Data taken down at the call: what the caller changes later is not sent.
 *
 * @throws EverwireError `invalid`
 */
export function bodyOf(data: unknown): Body {
  if (data instanceof Uint8Array) return new Uint8Array(data)
  let cause: unknown
  try {
    const json = JSON.stringify(data ?? null) as string | undefined // undefined for functions and symbols
    if (json) return json
  } catch (error) {
    cause = error
  }
  throw refused('invalid', cause)
}

const refused = (code: string, cause?: unknown) => new EverwireError(code, '', { outcome: 'rejected', cause })
