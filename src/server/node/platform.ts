import { randomBytes } from 'node:crypto'
import type { Platform } from '../core'

/** What the core takes from Node. No timer keeps a process alive: open sockets do. */
export const nodePlatform: Platform = {
  clock: {
    now: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    timer(ms, run) {
      const timer = setTimeout(run, ms).unref()
      return () => clearTimeout(timer)
    },
  },
  randomBytes,
  later: setImmediate,
}
