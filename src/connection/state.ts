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
  | { readonly status: 'idle'; readonly attempt: 0 }
  /** `dial`: 'running' if the dial began while another link was still alive. */
  | {
      readonly status: 'connecting'
      readonly attempt: number
      readonly dial: 'new' | 'running'
      readonly error?: CloseReason
    }
  | { readonly status: 'connected'; readonly attempt: number; readonly live: L }
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

/** The next state; the same object if nothing changes; `'probe'` if the live link should prove itself. */
export function transition<L>(state: State<L>, input: Input<L>): State<L> | 'probe' {
  const step = table[state.status][input.type]
  return step ? (step(state, input as unknown as Facts) as State<L> | 'probe') : state
}

/** What inputs bring along, all in one: each step takes what its input has. */
interface Facts {
  live: unknown
  error: CloseReason
  attempt: number
  delay: number
  dialing: boolean
}
type Step = (state: State<unknown>, facts: Facts) => State<unknown> | 'probe'

const dial: Step = (state) => ({
  status: 'connecting',
  attempt: state.status === 'closed' ? 0 : state.attempt,
  dial: 'new',
  ...('error' in state && state.error && { error: state.error }),
})
const connected: Step = ({ attempt }, { live }) => ({ status: 'connected', attempt, live })
const waiting: Step = (_, { attempt, delay, error }) => ({ status: 'waiting', attempt, delay, error })
const redialing: Step = (_, { attempt, error }) => ({ status: 'connecting', attempt, dial: 'running', error })
const offline: Step = (state) => ({ ...(state as State<unknown> & { status: 'waiting' }), status: 'offline' })
const closed: Step = ({ attempt }, { error }) => ({ status: 'closed', attempt, ...(error && { error }) })
const probe: Step = () => 'probe'

const table: Record<Status, Partial<Record<Input<unknown>['type'], Step>>> = {
  idle: { connect: dial, close: closed },
  connecting: { welcome: connected, lost: waiting, fatal: closed, up: dial, wake: dial, close: closed },
  connected: {
    welcome: connected,
    lost: (state, facts) => (facts.dialing ? redialing : waiting)(state, facts),
    fatal: closed,
    down: probe,
    up: probe,
    wake: probe,
    close: closed,
  },
  waiting: { connect: dial, down: offline, up: dial, wake: dial, retry: dial, close: closed },
  offline: { connect: dial, up: dial, wake: dial, retry: dial, close: closed },
  closed: { connect: dial },
}
