import { WebSocket } from 'ws'
import { defaultEnvironment } from '../../src/environment/default'
import type { Environment, WebSocketConstructor } from '../../src/environment/environment'
import { leftovers } from './leftovers'

export interface RealEnvironment extends Environment {
  /** Timers that wait. */
  readonly pending: number
}

/** This machine, its timers `faster` times as fast and counted. A test that leaves one behind fails. */
export function createRealEnvironment(faster = 1): RealEnvironment {
  const timers = new Set<() => void>()
  leftovers.push(() => (timers.size > 0 ? [`${timers.size} timers`] : []))
  return {
    ...defaultEnvironment,
    webSocket: () => WebSocket as unknown as WebSocketConstructor,
    base: () => undefined,
    timer(ms, run) {
      const stop = defaultEnvironment.timer(ms / faster, () => {
        timers.delete(stop)
        run()
      })
      timers.add(stop)
      return () => {
        timers.delete(stop)
        stop()
      }
    },
    get pending() {
      return timers.size
    },
  }
}
