import type { Clock } from '../environment/environment'
import type { Broker } from './broker'
import type { ChannelTable } from './channels'
import type { Hooks } from './hooks'
import type { Hub } from './hub'
import type { Joiner } from './joiner'
import type { ServerLimits } from './limits'
import type { Counters } from './stats'
import type { Subscription } from './subscription'

/** What every part of one server shares. */
export interface ServerContext {
  readonly clock: Clock
  /** SHA-256, as base64url. */
  readonly hash: (text: string) => string
  /** Runs something once the present turn is over: what was written in it leaves together. */
  readonly later: (run: () => void) => void
  readonly joined: Joiner
  readonly limits: ServerLimits
  readonly broker: Broker
  readonly hooks: Hooks
  readonly hub: Hub<Subscription>
  readonly channels: ChannelTable
  readonly counters: Counters
  /** Takes errors of hooks that have nobody else to go to. */
  readonly report: (error: unknown) => void
  /** When this process's records begin, `clock.now()`. */
  readonly startedAt: number
  /** This process: what was tried before, a client tried with another one. */
  readonly instance: string
  readonly dedupeMs: number
  readonly heartbeatMs: number
  readonly holdMs: number
  /** Over how many ms clients are to spread their first redial, as of now. */
  readonly spread: () => number
}
