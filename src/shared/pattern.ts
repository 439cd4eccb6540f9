import { EverwireError } from './errors'

/** `room:{id}` taken apart: `{x}` stands for one or more characters except `:`. */
export interface Pattern {
  readonly source: string
  /** The parameters of `name`, or undefined if it does not match. */
  match(name: string): Map<string, string> | undefined
  /** The name for these parameters. Throws `invalid` for one that is missing, empty or has a `:`. */
  fill(params: Readonly<Record<string, string | number>>): string
  /** Literal characters: of two patterns that match, the one with more of them wins. */
  readonly literal: number
}

const placeholder = /\{(\w+)\}/

export function compilePattern(source: string): Pattern {
  // 'room:{id}' → ['room:', 'id', '']: literals at even places, parameter names at odd ones
  const parts = source.split(placeholder)
  const literals = parts.filter((_, i) => i % 2 === 0)
  const expression = new RegExp(`^${literals.map((text) => text.replace(/[^\w]/g, '\\$&')).join('([^:]+)')}$`)
  return {
    source,
    literal: literals.join('').length,
    match(name) {
      const found = expression.exec(name)
      if (!found) return
      return new Map(found.slice(1).map((value, i) => [parts[2 * i + 1] as string, value]))
    },
    fill(params) {
      return parts
        .map((part, i) => {
          if (i % 2 === 0) return part
          const value = Object.hasOwn(params, part) ? String(params[part]) : ''
          if (!value || value.includes(':')) throw new EverwireError('invalid', `parameter "${part}" of "${source}"`)
          return value
        })
        .join('')
    },
  }
}
