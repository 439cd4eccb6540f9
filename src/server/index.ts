export { type Core, createCore, type Platform } from './core'
export * from './exports'
export { createRealtime, type Realtime } from './realtime'
