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

/** @param signed the HMAC of a text, under a key that nobody else has */
export function createTickets(clock: Clock, signed: (text: string) => string): Tickets {
  const sign = (...parts: string[]) => signed(JSON.stringify(parts))
  return {
    issue(id, identity, until) {
      const expiry = Math.floor(Math.min(until, clock.now() + ticketMs)).toString(36)
      return `${expiry}.${sign(id, identity, expiry)}`
    },
    check(ticket, id, identity) {
      if (ticket.length > 64) return undefined
      const [expiry = '', mac = '', ...rest] = ticket.split('.')
      // compared as text: several texts decode to the same bytes
      if (rest.length > 0 || !isSame(mac, sign(id, identity, expiry))) return undefined
      const at = Number.parseInt(expiry, 36)
      return at > clock.now() ? at : undefined
    },
  }
}

/** A session's public id: everyone may know it, only the one with the secret can have made it. The same on every node. */
export function publicId(hash: (text: string) => string, secret: string): string {
  return hash(`everwire:${secret}`).slice(0, 22)
}

/** Takes as long for any two texts of one length: how long it took tells nobody how much was right. */
function isSame(given: string, wanted: string): boolean {
  let difference = given.length ^ wanted.length
  for (let i = 0; i < given.length; i++) difference |= given.charCodeAt(i) ^ wanted.charCodeAt(i)
  return difference === 0
}
