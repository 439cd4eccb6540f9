import type { Environment, Hint } from '../environment/environment'
import { createFetch } from './fetch'
import type { Path, Site } from './path'
import { createSocketClass } from './socket'

/** A browser's worth of platform at one end of a simulated path, and the way to give it hints. */
export interface Platform {
  readonly environment: Environment
  hint(hint: Hint): void
}

export function createPlatform(path: Path, site: Site): Platform {
  const watchers = new Set<(hint: Hint) => void>()
  const secrets = path.random.fork()
  return {
    environment: {
      ...path.machine.clock,
      secret: () => secrets.text(22),
      webSocket: () => createSocketClass(path, site),
      fetch: () => createFetch(path, site),
      base: () => undefined,
      online: () => !path.conditions.offline,
      watch(listener) {
        watchers.add(listener)
        return () => watchers.delete(listener)
      },
    },
    hint(hint) {
      path.trace(() => `gets the hint ${hint}`)
      for (const listener of [...watchers]) listener(hint)
    },
  }
}
