/** JSON, or bytes. Bytes travel as they are on WebSocket and as base64 over HTTP; only the codec knows. */
export type Data = unknown

/** One wire unit: a WebSocket message or an HTTP body. 1..n frames separated by line feeds, or one frame with bytes. */
export type Message = string | Uint8Array<ArrayBuffer>

/** A place in a channel's stream: offsets are dense within an epoch; an epoch ends when its log is lost. */
export type Cursor = readonly [epoch: string, offset: number]

export interface HelloInfo {
  v: 1
  /** ≥128-bit secret of the client object, base64url, 22 characters or more. */
  s: string
  /** Generation: +1 for each new receiving connection; orders connections for replacement only. */
  g: number
  /** Token. */
  t?: string
  /** Ticket: stands for the token on later polls. */
  k?: string
  /** The server's process that this client knew last. With a ticket it goes without saying. */
  i?: string
  /** HTTP only: how long the answer may be held, ms; 0 = answer at once. */
  w?: number
}

export interface SendOptions {
  /** Age: ms since it was first tried. On a resend only. */
  a?: number
  /** 0 = the sender does not want its own event back. */
  e?: 0
  /** Deadline of a request, ms. */
  d?: number
}

export type ClientFrame =
  | readonly ['h', HelloInfo]
  | readonly ['s', string, Cursor | null, { r?: number }?]
  | readonly ['u', string]
  | readonly ['p', number, string, string, Data, SendOptions?]
  | readonly ['q', number, string, string, Data, SendOptions?]
  | readonly ['e', string, string, Data]
  | readonly ['z', number]
  | readonly ['a', string]
  | readonly ['i']
  | readonly ['o']
  | readonly ['x']

export interface Limits {
  /** Largest message, bytes. */
  message: number
  /** Most channels of one client on this transport. */
  channels: number
}

export interface WelcomeInfo {
  v: 1
  /** Public id: a hash of the secret. */
  id: string
  /** Ticket for later polls. */
  k?: string
  /** The server's process. */
  i?: string
  /** Heartbeat: the server pings this often, ms. */
  hb: number
  /** Dedupe window: how long the server remembers a send, ms. */
  dd: number
  /** Spread: the first redial after an unannounced loss comes at random within this many ms. */
  sp: number
  lim: Limits
  /** Features. */
  f?: string[]
}

/** How a subscription begins: 0 fresh, 1 resumed (the replay follows), 3 the channel keeps no history. */
export type SubscribedStatus = 0 | 1 | 3
export type GapReason = 'trimmed' | 'epoch' | 'truncated' | 'ahead' | 'overload'

export interface EventMeta {
  /** From: `<public id>:<n>` of the client that published it. Absent when the server did. */
  f?: string
}

export type ServerFrame =
  | readonly ['w', WelcomeInfo]
  | readonly ['s', string, SubscribedStatus, Cursor]
  /** The last element echoes the cursor that this gap answers, so that a late answer can be told from a new gap. */
  | readonly ['g', string, Cursor, GapReason, number | null, Cursor?]
  | readonly ['m', string, number, string, Data, EventMeta?]
  | readonly ['v', string, number]
  | readonly ['k', ...number[]]
  | readonly ['r', number, Data, object?]
  | readonly ['n', number, string, string, number | null]
  | readonly ['d', string, string, string, number | null]
  | readonly ['t', number]
  | readonly ['y']
  | readonly ['b', number, string, number | null]
  | readonly ['i', number?]
  | readonly ['o']

export type Frame = ClientFrame | ServerFrame

/** Where a frame carries its data; the options element, in which the codec keeps its flag for bytes, comes right after. */
export const dataAt: Readonly<Partial<Record<string, number>>> = { p: 4, q: 4, e: 3, m: 4, r: 2 }
