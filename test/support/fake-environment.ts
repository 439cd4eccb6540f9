import type { Environment, Hint } from '../../src/environment/environment'
import { createFakeClock, type FakeClock, type FakeClockOptions } from './fake-clock'

export interface FakeEnvironment extends FakeClock, Environment {
  /** Tells whoever watches; `up` and `down` change what `online()` says, too. */
  hint(hint: Hint): void
  /** How many watch. */
  readonly watchers: number
}

/** A platform in which time passes by hand, without WebSocket and fetch unless `parts` brings them. */
export function createFakeEnvironment(parts: Partial<Environment> & FakeClockOptions = {}): FakeEnvironment {
  const { seed = 1, ...given } = parts
  const clock = createFakeClock({ seed })
  const listeners = new Set<(hint: Hint) => void>()
  let online = true
  let secrets = 0
  return {
    ...clock,
    get pending() {
      return clock.pending
    },
    get watchers() {
      return listeners.size
    },
    secret: () => `secret-${++secrets}`.padEnd(22, '-'),
    webSocket: () => undefined,
    fetch: () => undefined,
    base: () => undefined,
    online: () => online,
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    hint(hint) {
      if (hint !== 'wake') online = hint === 'up'
      for (const listener of [...listeners]) listener(hint)
    },
    ...given,
  }
}
