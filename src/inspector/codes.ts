import { isFatal } from '../protocol/close'
import { closeCodes } from '../protocol/close-codes'

/** What a code means and what to do about it: the words of `docs/errors.md`, which a test compares. */
export interface Explanation {
  readonly code: string
  readonly what: string
  readonly fix: string
}

type Table = Readonly<Record<string, readonly [what: string, fix: string]>>

/** Why a connection failed or ended. */
export const connectionCodes: Table = {
  lost: ['the link broke, or no server answered', 'nothing: it is dialled again'],
  transient: ['the server could not right now, for instance because authenticate took too long', 'nothing'],
  restart: ['the server restarts and said when to come back', 'nothing'],
  overloaded: ['the server has enough connections', 'nothing'],
  no_pong: ['nothing was heard for too long; a dead link', 'nothing'],
  slow: ['this client reads too slowly', 'nothing: it resumes; look for a blocked event loop'],
  replaced: ['a newer connection of the same client took over', 'nothing'],
  handshake: ['no welcome within 10 s, or no hello within 5 s', 'check what is between client and server'],
  ticket: ["a poll's ticket has expired", 'nothing: the token is sent instead'],
  timeout: ['a request of long-polling was not answered', 'nothing'],
  auth_failed: ['auth() threw or took longer than 10 s; see cause', 'correct it; it is asked again'],
  bad_frame: [
    'one side sent what the other does not understand; the second time in a row is fatal',
    'different versions? a proxy that rewrites bodies?',
  ],
  expired: ['the token expired on a live connection', 'have auth() return fresh tokens'],
  unauthorized: [
    'authenticate refused the token, also the one asked for after that; fatal',
    'log in again, then client.connect()',
  ],
  user_changed: ['this session belongs to another user; fatal', 'make a new client for another user'],
  origin: ["the page's origin is not allowed; fatal", 'add the line that the server logged to origins'],
  version: ['the server speaks another protocol version; fatal', 'update one of them'],
  kicked: ['realtime.kick; fatal', 'tell the user'],
  abuse: ['far more frames than any client needs; fatal', 'look for a loop'],
  out_of_step: ['client and server could not agree on a place in the stream', 'nothing; if it stays, report it'],
  invalid: [
    'the URL is none, a parameter is empty, rewind came after the join, or an option makes no sense; thrown by the call',
    'correct the call',
  ],
}

/** Why a channel was refused or ended. */
export const channelCodes: Table = {
  forbidden: [
    'the subscribe hook said no, or no pattern matches the name',
    'check the rules; client.refreshAuth() tries again',
  ],
  revoked: ['the server ended the subscription (realtime.unsubscribe)', 'tell the user'],
  rate: ['too many subscribes at once', 'nothing: it is tried again by itself'],
  too_many_channels: [
    'more channels than the server allows on this transport (512 on WebSocket, 128 over HTTP)',
    'leave some',
  ],
  overflow: ['an iterator of events() had 1,000 events waiting; thrown by the iterator', 'read faster, or use on'],
}

/** Why continuity was lost. */
export const gapReasons: Readonly<Record<string, string>> = {
  trimmed: 'away longer than the history reaches',
  epoch: 'the server lost its memory',
  truncated: 'the server lost the end of its log',
  ahead: 'the server knows less than this client',
  overload: 'this client reads too slowly',
}

/** The code an ended connection is known by: the name of its close code, or a reason of one word. */
export function explain(code: number, reason: string): Explanation {
  // the reason says more than the number, where it is a word of this library
  if (Object.hasOwn(connectionCodes, reason)) return explainCode(reason)
  const [name] = Object.entries(closeCodes).find(([, value]) => value === code) ?? []
  if (name !== undefined) return explainCode(name)
  if (code >= 4000)
    return { code: String(code), what: isFatal({ code, reason }) ? 'a fatal code of its own' : reason, fix: '' }
  return explainCode('lost')
}

/** The explanation of `error.code`. */
export function explainCode(code: string, table: Table = connectionCodes): Explanation {
  const [what, fix] = Object.hasOwn(table, code) ? (table[code] as [string, string]) : ['', '']
  return { code, what, fix }
}
