import type { Clock } from '../environment/environment'
import type { WelcomeInfo } from '../protocol/frames'
import type { Credentials } from './credentials'
import type { Outbox } from './outbox'
import type { Subscription } from './subscriptions'

/** What every conversation of one session shares. */
export interface SessionContext {
  readonly clock: Clock
  readonly secret: string
  readonly outbox: Outbox
  readonly credentials: Credentials
  readonly subscriptions: ReadonlyMap<string, Subscription>
  /** Of the newest receiving connection. */
  generation: number
  /** The newest one. */
  welcome: WelcomeInfo | undefined
  /** An answer came, ms after its question. */
  measure(ms: number): void
}
