import type { UntypedContract } from '../shared/contract'

/**
 * Where an app names its contract for code that is given no type argument, such as the React hooks.
 *
 * @example
 * declare module 'everwire' {
 *   interface Register { contract: Chat }
 * }
 */
// biome-ignore lint/suspicious/noEmptyInterface: an app fills it by declaration merging
export interface Register {}

/** The contract the app has registered; without one, any channel and `unknown` data. */
export type RegisteredContract = Register extends { contract: infer C } ? C : UntypedContract
