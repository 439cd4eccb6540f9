import { EverwireError } from '../shared/errors'
import type { ServerContext } from './context'
import { createDues } from './dues'
import type { RequestView } from './hosts'
import type { AuthContext } from './rules'
import { type Ending, ending } from './sessions'

export interface AuthenticatorOptions {
  context: ServerContext
  authenticate: ((context: AuthContext) => unknown) | undefined
  identify: (user: unknown) => string
  /** Whether the hook may see cookies. */
  credentials: boolean
}

/** Who a token stands for. */
export interface Known {
  readonly user: unknown
  readonly identity: string
  /** ms */
  readonly expiresIn: number | undefined
}

/** Asks the application's hook about tokens, not more often and not about more at a time than makes sense. */
export interface Authenticator {
  ask(token: string | undefined, request: RequestView): Promise<Known | Ending>
  kick(identity: string): void
  close(why: () => Ending): void
}

interface Asking {
  leave(ending: Ending): void
  /** Who was thrown out since it was asked. */
  readonly kicked: Set<string>
}

/** A token that was refused is refused without a question for so long, ms; so many of them are remembered. */
const refusedMs = 10_000
const mostRefused = 10_000

const no = ending('unauthorized', 'not authenticated')

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { context, authenticate, identify, credentials } = options
  const { clock, hash, limits, hooks, report } = context
  const asking = new Set<Asking>()
  const refused = createDues<string>(clock, refusedMs, () => {})

  /** What the verdict may depend on. Nobody can read the token out of it. */
  function keyOf(token: string, { address, headers }: RequestView): string {
    const cookie = credentials ? headers.cookie : undefined
    return hash(JSON.stringify([token, address, cookie]))
  }

  /** Never rejects. */
  async function verdict(token: string | undefined, request: RequestView): Promise<Known | Ending> {
    let expiresIn: number | undefined
    const asked: AuthContext = {
      token,
      request: credentials ? request : withoutCookies(request),
      expiresIn(ms) {
        if (!(ms > 0)) throw new EverwireError('expired', 'the token has expired')
        expiresIn = Math.min(ms, 2 ** 31 - 1)
      },
    }
    try {
      const user = await hooks.timed(authenticate?.(asked))
      return { user, identity: identityOf(user), expiresIn }
    } catch (error) {
      // "come again" is said by an error with a time; any other says no, and never why
      const retryMs = error instanceof EverwireError && typeof error.retryMs === 'number' ? error.retryMs : undefined
      return retryMs === undefined ? no : ending('transient', 'try again', retryMs)
    }
  }

  function identityOf(user: unknown): string {
    const identity: unknown = identify(user)
    if (typeof identity === 'string') return identity
    const error = new EverwireError('invalid', 'identify: a text was expected')
    report(error)
    throw error
  }

  function judged({ kicked }: Asking, known: Known | Ending, token: string | undefined, request: RequestView) {
    if (!('name' in known)) return kicked.has(known.identity) ? ending('kicked', 'kicked') : known
    if (known === no && token !== undefined) {
      refused.add(keyOf(token, request))
      if (refused.size > mostRefused) refused.delete(refused.oldest() as string)
    }
    return known
  }

  return {
    async ask(token, request) {
      if (token !== undefined) {
        if (token.length > limits.tokenBytes) return no
        if (refused.size > 0 && refused.has(keyOf(token, request))) return no
      }
      if (asking.size >= limits.greetings) {
        return ending('overloaded', 'too many at once', Math.round(1_000 + clock.random() * 4_000))
      }
      return new Promise((resolve) => {
        const one: Asking = { leave: resolve, kicked: new Set() }
        asking.add(one)
        void verdict(token, request).then((known) => {
          if (asking.delete(one)) resolve(judged(one, known, token, request))
        })
      })
    },
    kick(identity) {
      for (const { kicked } of asking) kicked.add(identity)
    },
    close(why) {
      refused.clear()
      for (const { leave } of asking) leave(why())
      asking.clear()
    },
  }
}

function withoutCookies(request: RequestView): RequestView {
  return {
    ...request,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name !== 'cookie')),
  }
}
