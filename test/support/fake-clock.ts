import type { Clock } from '../../src/environment/environment'
import { leftovers } from './leftovers'

export interface FakeClockOptions {
  /** Two clocks of one seed give the same random numbers. */
  seed?: number
}

/** Time that passes when a test says so. A test that leaves a timer behind fails. */
export interface FakeClock extends Clock {
  /** Lets `ms` pass: runs what falls due, in order, and whatever follows from it, before the next timer. `advance(0)` only lets promises settle. */
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly pending: number
  /**
   * The machine sleeps: the wall clock runs on, timers do not. Whether the monotonic clock does depends on the platform; where it
   * `counts`, timers that fell due meanwhile run, late, with the next `advance`.
   */
  sleep(ms: number, counts?: boolean): void
  /** Somebody sets the wall clock, forwards or backwards. */
  jump(ms: number): void
}

/** More timers than this at one instant is a loop that would never end. */
const mostAtOnce = 10_000

/**
 * @example
 * const clock = createFakeClock({ seed: 7 })
 * clock.timer(100, () => seen.push('late'))
 * await clock.advance(100)
 */
export function createFakeClock({ seed = 1 }: FakeClockOptions = {}): FakeClock {
  const timers: { due: number; run(): void }[] = []
  let now = 0
  let wallAhead = 1_750_000_000_000
  leftovers.push(() => (timers.length > 0 ? [`${timers.length} timers`] : []))

  async function advance(ms: number): Promise<void> {
    const end = now + ms
    let atOnce = 0
    await turn()
    for (let next = timers[0]; next && next.due <= end; next = timers[0]) {
      timers.shift()
      atOnce = next.due > now ? 0 : atOnce + 1
      if (atOnce > mostAtOnce) throw new Error(`timers without end at ${now} ms`)
      now = Math.max(now, next.due)
      next.run()
      await turn()
    }
    now = Math.max(now, end)
  }

  return {
    now: () => now,
    wall: () => now + wallAhead,
    random: mulberry32(seed),
    timer(ms, run) {
      const timer = { due: now + Math.max(0, ms), run }
      const later = timers.findIndex(({ due }) => due > timer.due)
      timers.splice(later < 0 ? timers.length : later, 0, timer)
      return () => {
        const at = timers.indexOf(timer)
        if (at >= 0) timers.splice(at, 1)
      }
    },
    advance,
    get pending() {
      return timers.length
    },
    sleep(ms, counts = false) {
      if (counts) now += ms
      else wallAhead += ms
    },
    jump(ms) {
      wallAhead += ms
    },
  }
}

/** Resolves when every promise that can settle without time passing has settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** A small seeded generator; its quality is beyond what tests need. */
function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
