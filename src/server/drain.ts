import type { Clock } from '../environment/environment'
import type { Connection } from './connection'
import type { Greeter } from './greeting'
import { type Ending, ending, type Sessions } from './sessions'

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

interface DrainParts {
  clock: Clock
  sessions: Sessions
  connections: ReadonlySet<Connection>
  greeter: Pick<Greeter, 'close'>
}

export function createDrain({ clock, sessions, connections, greeter }: DrainParts): Drain {
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
      for (const { links } of sessions.all()) {
        for (const link of links)
          if (link.transport === 'polling') leaving.push(({ name, reason, retryMs }) => link.end(name, reason, retryMs))
      }
      // evenly, and at random within each place: no two waves of hellos are alike, and none is high
      for (const [i, end] of leaving.entries()) end(restart(((i + clock.random()) / leaving.length) * ms))
      greeter.close(() => restart(clock.random() * ms))
      return true
    },
  }
}
