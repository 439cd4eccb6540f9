import type { Health } from '../connection/line'
import type { Clock } from '../environment/environment'
import type { EverwireError } from '../shared/errors'
import type { Credentials } from './credentials'
import type { Outbox } from './outbox'
import type { Subscription } from './subscriptions'

/** What the conversations of one session share. */
export interface SessionContext extends Health {
  readonly clock: Clock
  readonly url: string
  readonly secret: string
  readonly outbox: Outbox
  readonly credentials: Credentials
  readonly subscriptions: ReadonlyMap<string, Subscription>
  /** Counts what there is to say. */
  changes: number
  /** Of the newest connection. */
  generation: number
  /** Public id, known from the first welcome on. */
  id?: string | undefined
  // what the newest welcome said; until there is one, what a server says by default
  rtt?: number | undefined
  silence: number
  spread: number
  /** Largest publish or request, bytes. */
  mostBytes: number
  /** The server refused a subscription, or ended it. */
  dropped(sub: Subscription, error: EverwireError): void
}
