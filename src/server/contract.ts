import { EverwireError } from '../shared/errors'
import type { RuntimeContract } from '../shared/runtime-contract'
import type { Announce } from './announce'
import type { ChannelRules, RequestRule } from './rules'

type Rules = Readonly<Record<string, ChannelRules | undefined>>
type Check = RuntimeContract<unknown>['check']

/**
 * The rules with the contract around them: hooks get what the validators give back, and what they return is checked in its turn.
 *
 * @throws EverwireError `invalid` for a pattern or a request that the contract does not have
 */
export function withContract({ patterns, check }: RuntimeContract<unknown>, channels: Rules): Rules {
  return Object.fromEntries(
    Object.entries(channels).map(([pattern, rules = {}]) => {
      if (!patterns.includes(pattern)) {
        throw new EverwireError('invalid', `channels: the contract has no pattern "${pattern}"`)
      }
      const requests = Object.entries(rules.requests ?? {}).map(([name, rule]) => [
        name,
        requestRule(check, name, rule),
      ])
      return [
        pattern,
        { ...rules, publish: publishRule(check, rules.publish), requests: Object.fromEntries(requests) },
      ] as const
    }),
  )
}

/** Publishes of the server itself, checked. */
export const announcing =
  ({ check }: RuntimeContract<unknown>, announce: Announce): Announce =>
  async (channel, event, data, options) => {
    check(channel, 'event', event, data)
    return announce(channel, event, data, options)
  }

function publishRule(check: Check, publish: ChannelRules['publish']): ChannelRules['publish'] {
  if (!publish) return undefined
  return (asked) => {
    const { channel, event } = asked
    const data = check(channel, 'event', event, asked.data)
    /** What is published instead has to fit, too; if it does not, that is nothing the client did. */
    function judged(verdict: unknown): unknown {
      if (verdict === undefined || verdict === null || typeof verdict === 'boolean') return verdict
      ours(() => check(channel, 'event', event, unwrapped(verdict)))
      return verdict
    }
    const verdict = publish({ ...asked, data })
    return verdict instanceof Promise ? verdict.then(judged) : judged(verdict)
  }
}

function requestRule(check: Check, name: string, rule: RequestRule | RequestRule['handler']): RequestRule {
  const { handler, idempotent } = typeof rule === 'function' ? { handler: rule, idempotent: false } : rule
  return {
    idempotent,
    async handler(asked) {
      const input = check(asked.channel, 'input', name, asked.input)
      const output = await handler({ ...asked, input })
      return ours(() => check(asked.channel, 'output', name, output))
    },
  }
}

/** `{ payload }` is how a hook says a boolean or null. */
function unwrapped(verdict: unknown): unknown {
  const isWrapped = typeof verdict === 'object' && verdict !== null && Object.keys(verdict).join() === 'payload'
  return isWrapped ? (verdict as { payload: unknown }).payload : verdict
}

/** A mistake of the application: told to `onError`, not to the client. */
function ours<T>(run: () => T): T {
  try {
    return run()
  } catch (cause) {
    throw new TypeError('a hook returned what does not fit the contract', { cause })
  }
}
