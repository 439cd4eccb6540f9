/** An event in a log, as the broker took it. */
export interface Logged {
  readonly channel: string
  readonly epoch: string
  readonly offset: number
  /** The name the simulation gave it. */
  readonly id: string
  /** `<public id>:<n>` of its sender; undefined = the server. */
  readonly from: string | undefined
  readonly at: number
  /** Its sender did not want it back. */
  readonly quiet: boolean
}

/** A publish or request of a client, and what it came to. */
export interface Sent {
  readonly client: string
  readonly channel: string
  readonly id: string
  readonly kind: 'publish' | 'request'
  /** In the order of the calls. */
  readonly order: number
  readonly outcomes: Outcome[]
}

export interface Outcome {
  readonly result: 'ok' | 'rejected' | 'unknown' | 'none'
  readonly code: string
  readonly offset: number | undefined
  readonly reply: unknown
}

/** What a listener got: from `on()` until the channel was left. */
export interface Join {
  readonly client: string
  readonly channel: string
  readonly rewind: number
  readonly at: number
  /** When the channel first was `joined`. */
  joinedAt: number | undefined
  ended: boolean
  readonly heard: Heard[]
}

export type Heard =
  | { readonly type: 'event'; readonly id: string; readonly offset: number; readonly at: number }
  | { readonly type: 'gap'; readonly reason: string; readonly at: number }

/** Everything that is checked in the end. */
export interface Books {
  /** In the order of acceptance, over all epochs. */
  readonly log: Logged[]
  readonly sent: Sent[]
  readonly joins: Join[]
  /** Request handlers that ran: idempotency key and the request's name. */
  readonly runs: { key: string; id: string }[]
  readonly volatile: Set<string>
  /** Publishes that the hook refused for good, by the process that runs. */
  readonly refused: Set<string>
  /** The same of processes that are no more: nobody remembers, so that a copy may be refused again in another way. */
  readonly forgotten: Set<string>
  readonly problems: string[]
}

export function createBooks(): Books {
  return {
    log: [],
    sent: [],
    joins: [],
    runs: [],
    volatile: new Set(),
    refused: new Set(),
    forgotten: new Set(),
    problems: [],
  }
}

/** Data is the event's name, in one of three forms, so that all of them are on the way. */
export function dress(id: string, form: 'text' | 'object' | 'bytes'): unknown {
  if (form === 'text') return id
  return form === 'bytes' ? new TextEncoder().encode(id) : { id, filling: 'x'.repeat(20) }
}

export function nameOf(data: unknown): string {
  if (typeof data === 'string') return data
  if (data instanceof Uint8Array) return new TextDecoder().decode(data)
  return String((data as { id?: unknown } | null)?.id)
}
