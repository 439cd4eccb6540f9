import type { Clock } from '../environment/environment'
import type { WelcomeInfo } from '../protocol/frames'
import type { EverwireError } from '../shared/errors'
import type { Credentials } from './credentials'
import type { Outbox } from './outbox'
import type { Subscription } from './subscriptions'
import type { Trace } from './trace'

/** What the conversations of one session share. */
export interface SessionContext {
  readonly clock: Clock
  readonly url: string
  readonly secret: string
  readonly outbox: Outbox
  readonly credentials: Credentials
  readonly subscriptions: ReadonlyMap<string, Subscription>
  readonly trace: Trace
  /** True while someone listens to what is traced. */
  readonly traced: boolean
  /** Of the newest receiving connection. */
  generation: number
  /** The newest one; until there is one, what a server says by default, without an id. */
  welcome: Pick<WelcomeInfo, 'id' | 'hb' | 'dd' | 'sp' | 'lim'>
  /** An answer came, ms after its question. */
  measure(ms: number): void
  /** The server refused a subscription, or ended it. */
  dropped(sub: Subscription, error: EverwireError): void
}
