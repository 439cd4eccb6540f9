import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../environment/environment'

/** A ticket spares the `authenticate` hook at each poll. It binds a session, its user and an expiry. */
export interface Tickets {
  /** @param until the latest expiry, `clock.now()` */
  issue(id: string, identity: string, until: number): string
  /** When the ticket expires, `clock.now()`; undefined if it is none of ours, is another's, or has expired. */
  check(ticket: string, id: string, identity: string): number | undefined
}

/** How long a ticket is good for, ms. */
export const ticketMs = 180_000

/** @param key at least 32 random bytes */
export function createTickets(clock: Clock, key: Uint8Array): Tickets {
  const sign = (...parts: string[]) => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
  return {
    issue(id, identity, until) {
      const expiry = Math.floor(Math.min(until, clock.now() + ticketMs)).toString(36)
      return `${expiry}.${sign(id, identity, expiry)}`
    },
    check(ticket, id, identity) {
      if (ticket.length > 64) return undefined
      const [expiry = '', mac = '', ...rest] = ticket.split('.')
      // compared as text: several texts decode to the same bytes
      const given = Buffer.from(mac)
      const wanted = Buffer.from(sign(id, identity, expiry))
      if (rest.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined
      const at = Number.parseInt(expiry, 36)
      return at > clock.now() ? at : undefined
    },
  }
}

/** A session's public id: everyone may know it, only the one with the secret can have made it. The same on every node. */
export function publicId(secret: string): string {
  return createHash('sha256').update(`everwire:${secret}`).digest('base64url').slice(0, 22)
}
