import { EverwireError } from '../shared/errors'

/**
 * The address a transport dials. http(s) and ws(s) stand for one another; a relative URL needs a page to be relative to.
 *
 * @throws EverwireError `invalid`
 */
export function transportUrl(url: string, base: string | undefined, scheme: 'ws' | 'http'): string {
  try {
    const [, rest] = /^(?:http|ws)(s?:[^#]*)/.exec(new URL(url, base).href) as RegExpExecArray
    return scheme + rest
  } catch {
    throw new EverwireError('invalid', `not a URL: ${url}`, { outcome: 'rejected' })
  }
}
