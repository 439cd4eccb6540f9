/** What stands in the place of a secret. */
const mask = '•••'

/** Keys whose values are nobody's business, wherever they turn up. */
const secretKey =
  /token|ticket|secret|passw|credential|authori[sz]ation|cookie|api[-_]?key|private[-_]?key|session[-_]?id/i

/** Things that are secrets whatever they are called: signed tokens, credentials of HTTP, parameters of a URL. */
const secretTexts: readonly [RegExp, string][] = [
  [/\beyJ[\w-]{5,}(?:\.[\w-]*)*/g, mask],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${mask}`],
  [/([?&](?:[\w-]*token|ticket|secret|password|api[-_]?key|auth|signature)=)[^&#\s"']+/gi, `$1${mask}`],
]

/**
 * Characters that would act instead of being read: in a terminal (escape sequences, line feeds) or in a line of text (those that turn
 * its direction round).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
const acting = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** How deep a value is shown. */
const mostLevels = 6

/** Text from outside as one harmless line without secrets, cut to `most` characters. */
export function clean(text: unknown, most = 200): string {
  let line = String(text).slice(0, most * 2)
  for (const [secret, stand] of secretTexts) line = line.replace(secret, stand)
  line = line.replace(acting, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
  return line.length > most ? `${line.slice(0, most)}…` : line
}

/**
 * A value in one line of about `most` characters, without what is secret in it. Looks at no more of a big value than it shows.
 *
 * @example preview({ text: 'hi', token: 'abc' })   // '{"text":"hi","token":"•••"}'
 */
export function preview(value: unknown, most = 400): string {
  let left = most

  function put(text: string): string {
    left -= text.length
    return text
  }

  /** The parts of a list or object, as far as there is room for them. */
  function list(parts: Iterable<() => string>, open: string, close: string): string {
    let text = put(open)
    let first = true
    for (const part of parts) {
      if (left <= 0) return `${text}…${close}`
      text += (first ? '' : put(',')) + part()
      first = false
    }
    return text + put(close)
  }

  function* elements(array: readonly unknown[], level: number) {
    for (const element of array) yield () => show(element, level + 1)
  }

  function* entries(object: object, level: number) {
    for (const key in object) {
      if (!Object.hasOwn(object, key)) continue
      yield () => {
        const member = (object as Record<string, unknown>)[key]
        const hidden =
          secretKey.test(key) && (typeof member === 'string' || typeof member === 'object') && member !== null
        return put(`${JSON.stringify(clean(key, 60))}:`) + (hidden ? put(`"${mask}"`) : show(member, level + 1))
      }
    }
  }

  function show(given: unknown, level: number): string {
    if (typeof given === 'string') return put(`"${clean(given, Math.max(8, left)).replaceAll('"', '\\"')}"`)
    if (typeof given !== 'object' || given === null) return put(clean(given, 40))
    if (given instanceof Uint8Array) return put(`<${given.length} bytes>`)
    if (level >= mostLevels) return put('…')
    if (Array.isArray(given)) return list(elements(given, level), '[', ']')
    const { toJSON } = given as { toJSON?: unknown }
    if (typeof toJSON === 'function') return show(toJSON.call(given), level + 1)
    return list(entries(given, level), '{', '}')
  }

  try {
    return show(value, 0)
  } catch {
    return '<unreadable>' // a getter of the app's own threw
  }
}
