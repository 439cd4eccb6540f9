import { EverwireError } from '../../src/shared/errors'
import type { Machine } from '../../src/testing/machine'
import type { Random } from '../../src/testing/random'
import { type Books, nameOf } from './books'
import type { HostOptions } from './host'

/** How the app's own code behaves, as it is now: each a probability, but for the delays. */
export interface Moods {
  /** How long hooks take, ms; 0 = they answer at once. */
  slow: number
  /** The publish hook refuses for now, refuses for good, throws. */
  retryable: number
  forbid: number
  throws: number
  /** `authenticate` refuses for good, or for now; the client's `auth` fails. */
  unauthorized: number
  authLater: number
  authFails: number
  /** The subscribe hook refuses for now. */
  subscribeLater: number
  handlerThrows: number
}

export const calm: Readonly<Moods> = Object.freeze({
  slow: 0,
  retryable: 0,
  forbid: 0,
  throws: 0,
  unauthorized: 0,
  authLater: 0,
  authFails: 0,
  subscribeLater: 0,
  handlerThrows: 0,
})

export interface Settings {
  readonly history: false | { messages: number; seconds: number }
  readonly dedupeWindow: number
  readonly heartbeat: number
  readonly limits: HostOptions['limits']
  /** How long a token is good for, ms; undefined = for ever. */
  readonly tokenMs: number | undefined
}

/** What a hook throws on purpose. */
class Meant extends Error {}

/** The options of a server whose hooks have moods. */
export function serverOptions(
  settings: Settings,
  moods: Moods,
  random: Random,
  books: Books,
  { clock }: Machine,
): HostOptions {
  const slowly = <T>(decide: () => T): T | Promise<T> => {
    if (moods.slow === 0 || random.chance(0.5)) return decide()
    const ms = random.next() * moods.slow
    return new Promise((resolve, reject) => {
      clock.timer(ms, () => {
        try {
          resolve(decide())
        } catch (error) {
          reject(error)
        }
      })
    })
  }
  const later = () => new EverwireError('later', 'not now', { retryMs: random.int(0, 1_500) })
  return {
    authenticate: ({ token, expiresIn }) =>
      slowly(() => {
        if (random.chance(moods.unauthorized)) throw new Meant('who are you')
        if (random.chance(moods.authLater)) throw later()
        if (settings.tokenMs !== undefined) expiresIn(settings.tokenMs)
        return { id: token }
      }),
    channels: {
      'room:{n}': {
        subscribe: () =>
          slowly(() => {
            if (random.chance(moods.subscribeLater)) throw later()
            return true
          }),
        publish: ({ volatile, data }: { volatile: boolean; data: unknown }) =>
          slowly(() => {
            if (volatile) return true
            if (random.chance(moods.retryable)) throw later()
            const breaks = random.chance(moods.throws)
            if (!breaks && !random.chance(moods.forbid)) return true
            books.refused.add(nameOf(data))
            if (breaks) throw new Meant('the publish hook')
            return false
          }),
        requests: {
          ask: ({ input, idempotencyKey }: { input: unknown; idempotencyKey: string }) => {
            const id = nameOf(input)
            books.runs.push({ key: idempotencyKey, id })
            return slowly(() => {
              if (random.chance(moods.handlerThrows)) throw new Meant('the handler')
              return `re ${id}`
            })
          },
        },
        history: settings.history,
      },
    } as unknown as NonNullable<HostOptions['channels']>,
    onError: (error) => {
      if (!(error instanceof Meant))
        books.problems.push(`the server reports ${error instanceof Error ? error.stack : error}`)
    },
    limits: settings.limits,
    dedupeWindow: settings.dedupeWindow,
    heartbeat: settings.heartbeat,
  }
}

/** The `auth` of a client: its answer, late, or none. */
export function clientAuth(
  name: string,
  moods: Moods,
  random: Random,
  { clock }: Machine,
): () => string | Promise<string> {
  return () => {
    if (moods.authFails === 0 || !random.chance(moods.authFails)) return name
    const ms = random.pick([100, 3_000, 15_000])
    return new Promise((resolve, reject) => {
      clock.timer(ms, () => (random.chance(0.5) ? resolve(name) : reject(new Meant('no token'))))
    })
  }
}
