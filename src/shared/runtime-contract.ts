import { compilePattern } from '../shared/pattern'
import { EverwireError } from './errors'
import type { Schema, SchemaIssue, Valid } from './schema'

/** The validators of one pattern. What has none may be anything. */
export interface ChannelDefinition {
  readonly events?: { readonly [event: string]: Schema }
  readonly requests?: { readonly [request: string]: { readonly input?: Schema; readonly output?: Schema } }
}

/** The contract type that a definition stands for. */
export type ContractOf<D> = {
  [P in keyof D & string]: {
    events: D[P] extends { readonly events: infer E } ? { [K in keyof E]: Valid<E[K]> } : Record<never, never>
    requests: D[P] extends { readonly requests: infer R }
      ? { [K in keyof R]: (input: Valid<PartOf<R[K], 'input'>>) => Valid<PartOf<R[K], 'output'>> }
      : Record<never, never>
  }
}

type PartOf<R, K extends string> = R extends { readonly [_ in K]: infer S } ? S : undefined

/** What a value is: an event, or what goes into or comes out of a request. */
export type Part = 'event' | 'input' | 'output'

/** A contract that is there at run time, too: `C` is its type. Made by `defineContract`, given to `createClient` and `createRealtime`. */
export interface RuntimeContract<C> {
  /** Its patterns. */
  readonly patterns: readonly string[]
  /**
   * The value as the validator gives it back.
   *
   * @throws EverwireError `invalid`: no pattern has this channel, or it has no such event or request, or the value does not fit; says where
   */
  check(channel: string, part: Part, name: string, value: unknown): unknown
  /** @throws EverwireError `invalid` if no pattern has this channel */
  has(channel: string): void
  /** Only its type counts. */
  readonly type?: C
}

/** What takes a contract that is there at run time. */
export interface WithContract<C> {
  /**
   * The contract with its validators, from `defineContract`: what is published, asked and received is checked on this side, too, and
   * names that it does not have are refused. Without it only the type argument counts.
   */
  contract?: RuntimeContract<C> | undefined
}

/**
 * A contract with validators, shared by client and server: types are inferred from it, and what goes over the wire is checked on both
 * sides. What does not fit is reported with its path and never delivered.
 *
 * @example
 * export const chat = defineContract({
 *   'room:{id}': {
 *     events: { message: z.object({ from: z.string(), text: z.string() }) },
 *     requests: { history: { input: z.object({ limit: z.number() }), output: z.array(z.string()) } },
 *   },
 * })
 * createClient({ url, contract: chat })
 *
 * @throws EverwireError `invalid` if two patterns of equal rank can match the same name
 */
export function defineContract<const D extends { readonly [pattern: string]: ChannelDefinition }>(
  definition: D,
): RuntimeContract<ContractOf<D>> {
  const channels = Object.entries(definition)
    .map(([source, { events, requests }]) => ({
      pattern: compilePattern(source),
      events: new Map(Object.entries(events ?? {})),
      requests: new Map(Object.entries(requests ?? {})),
    }))
    .sort((a, b) => b.pattern.literal - a.pattern.literal)

  function find(channel: string) {
    const found = channels.find(({ pattern }) => pattern.match(channel))
    if (!found) throw invalid(`no pattern of the contract has the channel "${channel}"`)
    return found
  }

  return {
    patterns: Object.keys(definition),
    has: find,
    check(channel, part, name, value) {
      const { events, requests } = find(channel)
      const known = part === 'event' ? events.has(name) : requests.has(name)
      if (!known)
        throw invalid(`the contract has no ${part === 'event' ? 'event' : 'request'} "${name}" in "${channel}"`)
      const schema = part === 'event' ? events.get(name) : requests.get(name)?.[part]
      if (!schema) return value
      const result = schema['~standard'].validate(value)
      if (result instanceof Promise) throw invalid(`the validator of ${part} "${name}" does not answer at once`)
      if (!result.issues) return result.value
      throw invalid(`${part} "${name}" does not fit: ${result.issues.map(placeOf).join(', ')}`, result.issues)
    },
  }
}

const invalid = (message: string, cause?: unknown) =>
  new EverwireError('invalid', message, { outcome: 'rejected', cause })

/** Where, but not what was there: the words go to the other side, too. */
function placeOf({ path = [] }: SchemaIssue): string {
  const keys = path.map((step) => String(typeof step === 'object' ? step.key : step))
  return ['data', ...keys].join('.')
}
