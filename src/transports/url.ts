import { EverwireError } from '../shared/errors'

/**
 * The address a transport dials. http(s) and ws(s) stand for one another; a relative URL needs a page to be relative to.
 *
 * @throws EverwireError `invalid`
 */
export function transportUrl(url: string, base: string | undefined, scheme: 'ws' | 'http'): string {
  try {
    const { href } = new URL(url, base)
    if (/^(http|ws)s?:/.test(href)) return href.replace(/^(http|ws)/, scheme).replace(/#.*/, '')
  } catch {}
  throw new EverwireError('invalid', `not an http(s) or ws(s) URL: ${url}`, { outcome: 'rejected' })
}
