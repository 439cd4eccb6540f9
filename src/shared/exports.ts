// What client and server entries alike give away: errors and contracts.
export type * from './contract'
export { EverwireError, type Outcome } from './errors'
export {
  type ChannelDefinition,
  type ContractOf,
  defineContract,
  type Part,
  type RuntimeContract,
  type WithContract,
} from './runtime-contract'
export type * from './schema'
