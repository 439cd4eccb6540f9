import type { CloseReason } from '../protocol/close'

/**
 * | state ╲ input | connect    | welcome         | lost                                        | fatal  | down    | up, wake   | retry      | close  |
 * |---------------|------------|-----------------|---------------------------------------------|--------|---------|------------|------------|--------|
 * | idle          | connecting | ·               | ·                                           | ·      | ·       | ·          | ·          | closed |
 * | connecting    | ·          | connected       | waiting                                     | closed | ·       | connecting | ·          | closed |
 * | connected     | ·          | connected       | connecting if a dial runs, else waiting     | closed | probe   | probe      | ·          | closed |
 * | waiting       | connecting | ·               | ·                                           | ·      | offline | connecting | connecting | closed |
 * | offline       | connecting | ·               | ·                                           | ·      | ·       | connecting | connecting | closed |
 * | closed        | connecting | ·               | ·                                           | ·      | ·       | ·          | ·          | ·      |
 *
 * `·` = nothing changes. `test/unit/connection/state.test.ts` reads this very table.
 */
export type State<L> =
  | { readonly status: 'idle'; readonly attempt: 0; readonly error?: undefined }
  /** `dialing`: true if the dial began while another link was still alive. */
  | {
      readonly status: 'connecting'
      readonly attempt: number
      readonly dialing?: boolean
      readonly error?: CloseReason
    }
  | { readonly status: 'connected'; readonly attempt: number; readonly live: L; readonly error?: undefined }
  /** `delay`: ms until the next dial. */
  | { readonly status: 'waiting'; readonly attempt: number; readonly delay: number; readonly error: CloseReason }
  | { readonly status: 'offline'; readonly attempt: number; readonly error: CloseReason }
  | { readonly status: 'closed'; readonly attempt: number; readonly error?: CloseReason }

export type Status = State<never>['status']

export type Input<L> =
  | { readonly type: 'connect' | 'down' | 'up' | 'wake' | 'retry' | 'close' }
  | { readonly type: 'welcome'; readonly live: L }
  /** `attempt`: what to count on from; 0 after a healthy link. `dialing`: a dial runs already. */
  | {
      readonly type: 'lost'
      readonly error: CloseReason
      readonly attempt: number
      readonly delay: number
      readonly dialing: boolean
    }
  | { readonly type: 'fatal'; readonly error: CloseReason }

type Row = Partial<Record<Input<never>['type'], Status | 'probe'>>

const table: Record<Status, Row> = {
  idle: { connect: 'connecting', close: 'closed' },
  connecting: {
    welcome: 'connected',
    lost: 'waiting',
    fatal: 'closed',
    up: 'connecting',
    wake: 'connecting',
    close: 'closed',
  },
  connected: {
    welcome: 'connected',
    lost: 'waiting',
    fatal: 'closed',
    down: 'probe',
    up: 'probe',
    wake: 'probe',
    close: 'closed',
  },
  waiting: {
    connect: 'connecting',
    down: 'offline',
    up: 'connecting',
    wake: 'connecting',
    retry: 'connecting',
    close: 'closed',
  },
  offline: { connect: 'connecting', up: 'connecting', wake: 'connecting', retry: 'connecting', close: 'closed' },
  closed: { connect: 'connecting' },
}

/** The next state; the same object if nothing changes; `'probe'` if the live link should prove itself. */
export function transition<L>(state: State<L>, input: Input<L>): State<L> | 'probe' {
  let status = table[state.status][input.type]
  if (!status) return state
  if (status === 'probe') return status
  // the table's only "if": a dial that runs beside the lost link goes on
  if (state.status === 'connected' && input.type === 'lost' && input.dialing) status = 'connecting'
  const { type, ...facts } = input
  const kept = type === 'welcome' || type === 'close' || state.status === 'closed' ? undefined : state.error
  const attempt = state.status === 'closed' ? 0 : state.attempt
  return { ...(kept && { error: kept }), attempt, ...facts, status } as State<L>
}
