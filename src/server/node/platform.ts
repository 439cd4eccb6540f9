import { randomBytes } from 'node:crypto'
import { report } from '../../shared/emitter'
import type { Platform } from '../core'
import { nodeDigests } from './digests'

/** The longest time Node's timers can wait, ms: with a longer one they fire at once. */
const longest = 2 ** 31 - 1

/** Node keeps a list per duration: long waits, whose lengths are drawn, share them by ending up to so much later, ms. */
const long = 5_000
const grain = 100
const coarse = (ms: number) => (ms < long ? ms : Math.min(longest, Math.ceil(ms / grain) * grain))

/** What the core takes from Node, and from all that has its modules. No timer keeps a process alive: open sockets do. */
export const nodePlatform: Platform = {
  clock: {
    now: () => performance.now(),
    wall: () => Date.now(),
    random: () => Math.random(),
    timer(ms, run) {
      const timer = setTimeout(run, coarse(ms))
      timer.unref?.() // workerd has numbers for timers, as browsers do
      return () => clearTimeout(timer)
    },
  },
  randomBytes,
  ...nodeDigests,
  later: createLater(),
}

/** Thousands of connections may have something to write in one turn: that is one immediate, not thousands. */
function createLater(): (run: () => void) => void {
  let waiting: (() => void)[] = []

  function runAll(): void {
    const all = waiting
    waiting = []
    for (const run of all) {
      try {
        run()
      } catch (error) {
        report(error)
      }
    }
  }

  return (run) => {
    if (waiting.push(run) === 1) setImmediate(runAll)
  }
}
