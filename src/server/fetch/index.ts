export type * from '../../shared/contract'
export { EverwireError, type Outcome } from '../../shared/errors'
export {
  type ChannelDefinition,
  type ContractOf,
  defineContract,
  type Part,
  type RuntimeContract,
  type WithContract,
} from '../../shared/runtime-contract'
export type * from '../../shared/schema'
export type * from '../broker'
export type * from '../hosts'
export type { ServerLimits } from '../limits'
export { createMemoryBroker } from '../memory-broker'
export type * from '../options'
export type { AuthContext, ChannelContext, PublishContext, RequestContext, RequestRule } from '../rules'
export type { Stats } from '../stats'
export { type BunData, type BunServer, type BunSocket, bunHandler } from './bun'
export { type DenoInfo, denoHandler } from './deno'
export { fetchHandler, type RequestInfo } from './handler'
export { createRealtime, type FetchRealtime } from './realtime'
export { workerdHandler } from './workerd'
