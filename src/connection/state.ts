import type { CloseReason } from '../protocol/close'

/**
 * | state ╲ input | connect    | welcome   | lost                                    | fatal  | down    | up, wake   | retry      | close  |
 * |---------------|------------|-----------|-----------------------------------------|--------|---------|------------|------------|--------|
 * | idle          | connecting | ·         | ·                                       | ·      | ·       | ·          | ·          | closed |
 * | connecting    | ·          | connected | waiting                                 | closed | ·       | connecting | ·          | closed |
 * | connected     | ·          | connected | connecting if a dial runs, else waiting | closed | probe   | probe      | ·          | closed |
 * | waiting       | connecting | ·         | ·                                       | ·      | offline | connecting | connecting | closed |
 * | offline       | connecting | ·         | ·                                       | ·      | ·       | connecting | connecting | closed |
 * | closed        | connecting | ·         | ·                                       | ·      | ·       | ·          | ·          | ·      |
 *
 * `·` = nothing changes, or it cannot come. Whoever would wait without a network is offline. `test/unit/connection/state.test.ts` reads
 * this very table and holds it against a connection.
 */
export type State<L> =
  | { readonly status: 'idle'; readonly attempt: number; readonly live?: undefined; readonly error?: undefined }
  /** `error`: why the line is gone beside which this dial began. */
  | {
      readonly status: 'connecting'
      readonly attempt: number
      readonly live?: undefined
      readonly error?: CloseReason
    }
  | { readonly status: 'connected'; readonly attempt: number; readonly live: L; readonly error?: undefined }
  /** `delay`: ms until the next dial. */
  | {
      readonly status: 'waiting' | 'offline'
      readonly attempt: number
      readonly delay: number
      readonly live?: undefined
      readonly error: CloseReason
    }
  /** `error`: undefined if it was asked for. */
  | { readonly status: 'closed'; readonly attempt: number; readonly live?: undefined; readonly error?: CloseReason }

export type Status = State<never>['status']
