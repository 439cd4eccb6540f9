import type { Clock } from '../environment/environment'
import type { SocketData, SocketHeartbeat } from './options'

/** Asks a connection whether it lives. */
export interface Pulse {
  /** Something arrived. True if it is an answer, which is nobody's message. */
  heard(data: unknown): boolean
  /** A hint: ask now. */
  probe(): void
  stop(): void
}

/** A deadline that is noticed this much too late, ms, was slept through: the answer may be there, unread. */
const sleepLag = 5_000

/** One question every `interval`, traffic or not: there are servers that drop whoever does not ask. */
export function createPulse(
  clock: Clock,
  { send, expect, timeout = 10_000, interval = 25_000 }: SocketHeartbeat,
  say: (data: SocketData) => void,
  dead: () => void,
): Pulse {
  let asked = false
  let cancel: () => void

  function rest(): void {
    asked = false
    cancel = clock.timer(interval, ask)
  }

  function ask(): void {
    const since = clock.wall()
    asked = true
    cancel = clock.timer(timeout, () => (clock.wall() - since > timeout + sleepLag ? ask() : dead()))
    say(typeof send === 'function' ? send() : send)
  }

  rest()
  return {
    heard(data) {
      if (asked) {
        cancel()
        rest()
      }
      return typeof expect === 'function' ? expect(data) : expect !== undefined && data === expect
    },
    probe() {
      if (asked) return
      cancel()
      ask()
    },
    stop: () => cancel(),
  }
}
