import type { Clock } from '../environment/environment'
import type { Connection } from './connection'
import { ending } from './greeting'
import type { ServerLimits } from './limits'
import type { Ending, Sessions } from './sessions'

/** The way out: finishes what was begun, then tells every client when to come back. */
export interface Drain {
  /** Set while no newcomer is taken. */
  ending(): Ending | undefined
  /** @param ms over which the clients are to come back; false if it has been called before */
  run(ms: number): Promise<boolean>
}

/** Sends under way have this long to be settled before the connections end, ms. */
const settleMs = 1_000
const lookEveryMs = 10

export function createDrain(parts: { clock: Clock; sessions: Sessions; connections: ReadonlySet<Connection> }): Drain {
  const { clock, sessions, connections } = parts
  let over = false
  let windowMs = 0
  const restart = (retryMs: number) => ending('restart', 'the server restarts', Math.round(retryMs))

  async function settled(): Promise<void> {
    for (let left = settleMs / lookEveryMs; left > 0; left--) {
      let busy = false
      for (const { sends } of sessions.all()) busy ||= !!sends && sends.size() > 0
      if (!busy) return
      await new Promise<void>((resolve) => clock.timer(lookEveryMs, resolve))
    }
  }

  return {
    ending: () => (over ? restart(clock.random() * windowMs) : undefined),
    async run(ms) {
      if (over) return false
      over = true
      windowMs = ms
      await settled()
      const leaving: ((end: Ending) => void)[] = [...connections].map((connection) => connection.end)
      for (const { newest } of sessions.all()) {
        const { polling } = newest
        if (polling) leaving.push(({ name, reason, retryMs }) => polling.end(name, reason, retryMs))
      }
      // evenly, and at random within each place: no two waves of hellos are alike, and none is high
      for (const [i, end] of leaving.entries()) end(restart(((i + clock.random()) / leaving.length) * ms))
      return true
    },
  }
}

/** Full? Then a newcomer may try again in a few seconds. */
export function closedBecause(open: number, limits: ServerLimits, clock: Clock): Ending | undefined {
  if (open <= limits.connections) return undefined
  return ending('overloaded', 'too many connections', Math.round(1_000 + clock.random() * 4_000))
}
