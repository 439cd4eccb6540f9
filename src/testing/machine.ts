import type { Clock } from '../environment/environment'
import { createGate } from './gate'
import type { Random } from './random'
import type { Scheduler } from './scheduler'

/** A computer: its clocks and timers, which can sleep, jump and die. */
export interface Machine {
  readonly clock: Clock
  /** Something arrives from outside; a sleeping machine takes it when it wakes. */
  take(run: () => void): void
  /** @param still whether the monotonic clock stands still meanwhile */
  sleep(still: boolean): void
  wake(): void
  /** Sets the wall clock. */
  jump(ms: number): void
  /** Power off: no timer fires any more. */
  kill(): void
  /** Timers that have neither fired nor been cancelled. */
  readonly timers: number
  readonly asleep: boolean
}

/** Any moment of the year 2026 will do. */
export const wallStart = 1_780_000_000_000

/** No timer is finer than this, ms; without it, rounding errors could make one that never moves time. */
const least = 0.01

export function createMachine(scheduler: Scheduler, random: Random, wall = wallStart): Machine {
  const gate = createGate(scheduler)
  let wallOffset = wall
  let slept = 0
  let sleepingSince: number | undefined
  let still = false
  let dead = false
  let timers = 0

  const standing = () => (sleepingSince !== undefined && still ? scheduler.now - sleepingSince : 0)
  const now = () => scheduler.now - slept - standing()

  return {
    clock: {
      now,
      wall: () => Math.round(scheduler.now + wallOffset),
      random: random.next,
      timer(ms, run) {
        const due = now() + Math.max(0, ms)
        let over = false
        let cancel = () => {}
        timers++
        const end = () => {
          if (!over) timers--
          over = true
        }
        const arm = () => {
          cancel = scheduler.after(due > now() ? Math.max(least, due - now()) : 0, () => gate.pass(fire))
        }
        const fire = () => {
          if (over || dead) return
          if (now() < due - 0.001) return arm() // the clock stood still meanwhile
          end()
          run()
        }
        arm()
        return () => {
          cancel()
          end()
        }
      },
    },
    take: gate.pass,
    sleep(isStill) {
      if (sleepingSince !== undefined) return
      still = isStill
      sleepingSince = scheduler.now
      gate.set(false)
    },
    wake() {
      if (sleepingSince === undefined) return
      slept += standing()
      sleepingSince = undefined
      gate.set(true)
    },
    jump(ms) {
      wallOffset += ms
    },
    kill() {
      dead = true
      gate.kill()
    },
    get timers() {
      return dead ? 0 : timers
    },
    get asleep() {
      return sleepingSince !== undefined
    },
  }
}
