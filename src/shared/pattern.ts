/** `room:{id}` taken apart: `{x}` stands for one or more characters except `:`. */
export interface Pattern {
  readonly source: string
  /** The parameters of `name`, or undefined if it does not match. */
  match(name: string): Record<string, string> | undefined
  /** Literal characters: of two patterns that match, the one with more of them wins. */
  readonly literal: number
}

const placeholder = /\{(\w+)\}/

/** No regular expression looks at a name: one with several parameters in a row can be made to take for ever. */
export function compilePattern(source: string): Pattern {
  // 'room:{a}-{b}' → [['room'], ['', 'a', '-', 'b', '']]: literals at even places, parameters at odd ones
  const sections = source.split(':').map((section) => section.split(placeholder))
  const literals = sections.flatMap((parts) => parts.filter((_, i) => i % 2 === 0))
  return {
    source,
    literal: literals.join('').length + sections.length - 1,
    match(name) {
      const texts = name.split(':')
      if (texts.length !== sections.length) return undefined
      const params: [string, string][] = []
      const fits = sections.every((parts, i) => fill(parts, texts[i] as string, params))
      // `__proto__` is a name like any other here
      return fits ? Object.fromEntries(params) : undefined
    },
  }
}

/**
 * Finds the literals from the right, each as far right as it goes: then the parameters before it get as much as they can, as with a
 * regular expression, and it takes one walk.
 */
function fill(parts: readonly string[], text: string, params: [string, string][]): boolean {
  const [first, last] = [parts[0] as string, parts.at(-1) as string]
  if (parts.length === 1) return text === first
  if (!text.startsWith(first) || !text.endsWith(last)) return false
  let end = text.length - last.length
  const found: [string, string][] = []
  for (let i = parts.length - 2; i > 0; i -= 2) {
    const before = parts[i - 1] as string
    // one character at least is the parameter's
    const at = i === 1 ? 0 : text.lastIndexOf(before, end - 1 - before.length)
    const begin = at + before.length
    if (at < 0 || end - 1 < begin) return false
    found.push([parts[i] as string, text.slice(begin, end)])
    end = at
  }
  params.push(...found.reverse())
  return true
}
