import type { Clock } from '../environment/environment'
import type { HelloInfo } from '../protocol/frames'
import { within } from '../shared/deadline'
import { EverwireError } from '../shared/errors'

/** Asked once per attempt. Nothing = anonymous. */
export type Auth = () => string | null | undefined | Promise<string | null | undefined>

/** Who the client says it is. The token and the ticket live here and nowhere else. */
export interface Credentials {
  /** Asks `auth()`; calls that overlap share one answer. Rejects with `auth_failed` if it throws or takes longer than 10 s. */
  ask(): Promise<string | undefined>
  /** What a hello carries: the ticket if there is one and `useTicket` is true, else the token, and which server this client knows. */
  hello(useTicket: boolean): { [key in 'k' | 't' | 'i']?: HelloInfo[key] | undefined }
  /** Keeps the ticket of a welcome, and whose it is; undefined drops it. Returns the ticket before. */
  keep(ticket: string | undefined, issuer?: string): string | undefined
}

/** Longest wait for `auth()`, ms. */
const authTimeout = 10_000

export function createCredentials(clock: Clock, auth: Auth | undefined): Credentials {
  let token: string | undefined
  let ticket: string | undefined
  let server: string | undefined
  let asking: Promise<string | undefined> | undefined

  async function ask(): Promise<string | undefined> {
    try {
      const answer = await within<string | null | undefined>(clock, { timeout: authTimeout }, (resolve, reject) => {
        Promise.resolve(auth?.()).then(resolve, reject)
      })
      token = answer ?? undefined
      return token
    } catch (cause) {
      throw new EverwireError('auth_failed', '', { cause })
    }
  }

  return {
    ask() {
      asking ??= ask().finally(() => {
        asking = undefined
      })
      return asking
    },
    hello: (useTicket) => (useTicket && ticket ? { k: ticket } : { t: token, i: server }),
    keep(next, issuer = server) {
      const before = ticket
      ticket = next
      server = issuer
      return before
    },
  }
}
