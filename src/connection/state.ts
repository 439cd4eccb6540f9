import type { CloseReason } from '../protocol/close'

/**
 * | state ╲ input | connect    | welcome         | lost                                                          | fatal  | down    | up, wake   | retry      | close  |
 * |---------------|------------|-----------------|---------------------------------------------------------------|--------|---------|------------|------------|--------|
 */
export type State<L> =
  | { readonly status: 'idle' | 'connecting'; readonly attempt: number; readonly live?: undefined; readonly error?: CloseReason }
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
