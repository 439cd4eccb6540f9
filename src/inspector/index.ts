export type { DebugEvent, Inspectable } from './debug'
export { defineInspector, type InspectorElement } from './element'
export { formatDebug } from './format'
export { type InspectOptions, type Inspector, inspect } from './inspect'
