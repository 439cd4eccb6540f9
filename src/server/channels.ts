import { EverwireError } from '../shared/errors'
import { compilePattern, type Pattern } from '../shared/pattern'
import type { HistoryBounds } from './broker'
import type { ChannelRules, RequestRule } from './rules'

/** What the options say about the channels of one pattern. */
export interface Route {
  readonly pattern: Pattern
  readonly subscribe: ChannelRules['subscribe']
  readonly publish: ChannelRules['publish']
  readonly requests: ReadonlyMap<string, RequestRule>
  readonly history: HistoryBounds
}

/** A channel's name, matched. */
export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

export const defaultHistory: Readonly<HistoryBounds> = Object.freeze({
  messages: 5_000,
  seconds: 120,
  bytes: 2_000_000,
})

/** Names are looked up for each publish, and most of them again and again: so many are remembered. Anyone can ask for any number of names. */
const mostMatches = 1_000

/**
 * The channel table: of the patterns that match a name, the one with the most literal characters wins.
 *
 * @throws EverwireError `invalid` if two patterns of equal rank can match the same name.
 */
export function createChannelTable(channels: Readonly<Record<string, ChannelRules | undefined>>) {
  const routes = Object.entries(channels)
    .map(([source, rules]) => routeOf(source, rules ?? {}))
    .sort((a, b) => b.pattern.literal - a.pattern.literal)
  for (const [i, { pattern }] of routes.entries()) {
    for (const { pattern: other } of routes.slice(i + 1)) {
      if (other.literal !== pattern.literal || !overlap(pattern.source, other.source)) continue
      throw new EverwireError(
        'invalid',
        `channels: "${pattern.source}" and "${other.source}" can match the same name and neither is more literal`,
      )
    }
  }
  const matches = new Map<string, Match>()

  function find(name: string): Match | undefined {
    for (const route of routes) {
      const params = route.pattern.match(name)
      // whoever is handed them may be one of many
      if (params) return { route, params: Object.freeze(params) }
    }
    return undefined
  }

  return {
    match(name: string): Match | undefined {
      const known = matches.get(name)
      if (known) return known
      const match = find(name)
      if (match && matches.size >= mostMatches) matches.clear()
      if (match) matches.set(name, match)
      return match
    },
  }
}

export type ChannelTable = ReturnType<typeof createChannelTable>

function routeOf(source: string, { subscribe, publish, requests, history }: ChannelRules): Route {
  if (!/^([\w\-.:@#/]|\{\w+\})+$/.test(source)) {
    throw new EverwireError(
      'invalid',
      `channels: "${source}" is no pattern; letters, digits, _-.:@#/ and {name} make one`,
    )
  }
  const bounds = { ...defaultHistory }
  if (history === false) bounds.messages = 0
  for (const [name, value] of Object.entries(history || {})) {
    if (value === undefined) continue
    if (!Object.hasOwn(bounds, name) || !(value >= 0)) {
      throw new EverwireError(
        'invalid',
        `channels: history.${name} of "${source}": messages, seconds and bytes are numbers`,
      )
    }
    bounds[name as keyof HistoryBounds] = value
  }
  return {
    pattern: compilePattern(source),
    subscribe,
    publish,
    requests: new Map(Object.entries(requests ?? {}).map(([name, rule]) => [name, requestOf(rule)])),
    history: bounds,
  }
}

function requestOf(rule: RequestRule | RequestRule['handler']): RequestRule {
  return typeof rule === 'function' ? { handler: rule, idempotent: false } : rule
}

/** True if some name matches both. Parameters hold no colon, so the parts between colons decide one by one. */
function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split(':'), b.split(':')]
  return left.length === right.length && left.every((part, i) => meets(tokens(part), tokens(right[i] ?? '')))
}

/** A part as characters; '' stands for a parameter. */
function tokens(part: string): string[] {
  return part.split(/\{\w+\}/).flatMap((literal, i) => (i > 0 ? ['', ...literal] : [...literal]))
}

function meets(a: readonly string[], b: readonly string[]): boolean {
  const [x, y] = [a[0], b[0]]
  if (x === undefined || y === undefined) return x === y
  if (x !== '' && y !== '') return x === y && meets(a.slice(1), b.slice(1))
  // one parameter takes a character of the other side, and may or may not take more
  const [hole, other] = x === '' ? [a, b] : [b, a]
  const rest = other.slice(1)
  return (
    meets(hole.slice(1), rest) ||
    (rest.length > 0 && meets(hole, rest)) ||
    (other[0] === '' && meets(hole.slice(1), other))
  )
}
