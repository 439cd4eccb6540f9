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
  | { readonly status: 'connecting'; readonly attempt: number; readonly dial: 'new' | 'running'; readonly error?: CloseReason }
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
  const { status, attempt } = state
  if (input.type === 'close') return status === 'closed' ? state : { status: 'closed', attempt }
  switch (status) {
    case 'idle':
    case 'closed':
      return input.type === 'connect' ? dial(0) : state
    case 'connecting':
      if (input.type === 'welcome') return { status: 'connected', attempt, live: input.live }
      if (input.type === 'lost') return wait(input)
      if (input.type === 'fatal') return { status: 'closed', attempt, error: input.error }
      return input.type === 'up' || input.type === 'wake' ? dial(attempt) : state
    case 'connected':
      if (input.type === 'welcome') return { status: 'connected', attempt, live: input.live }
      if (input.type === 'lost') {
        return input.dialing ? { status: 'connecting', attempt: input.attempt, dial: 'running', error: input.error } : wait(input)
      }
      if (input.type === 'fatal') return { status: 'closed', attempt, error: input.error }
      return input.type === 'connect' || input.type === 'retry' ? state : 'probe'
    case 'waiting':
      if (input.type === 'down') return { status: 'offline', attempt, error: state.error }
      return resumes(input) ? dial(attempt, state.error) : state
    case 'offline':
      return resumes(input) ? dial(attempt, state.error) : state
  }
}

const resumes = (input: Input<unknown>) =>
  input.type === 'connect' || input.type === 'up' || input.type === 'wake' || input.type === 'retry'

const dial = (attempt: number, error?: CloseReason) =>
  ({ status: 'connecting', attempt, dial: 'new', ...(error && { error }) }) as const

const wait = ({ attempt, delay, error }: { attempt: number; delay: number; error: CloseReason }) =>
  ({ status: 'waiting', attempt, delay, error }) as const
