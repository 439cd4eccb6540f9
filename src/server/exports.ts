// What every entry of the server gives away, whatever its host.
export * from '../shared/exports'
export type * from './broker'
export type * from './hosts'
export type { ServerLimits } from './limits'
export { createMemoryBroker } from './memory-broker'
export type * from './options'
export type { AuthContext, ChannelContext, PublishContext, RequestContext, RequestRule } from './rules'
export type { Stats } from './stats'
