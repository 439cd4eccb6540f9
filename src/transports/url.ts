import { EverwireError } from '../shared/errors'

/**
 * The address a transport dials. http(s) and ws(s) stand for one another; a relative URL needs a page to be relative to.
 *
 * @throws EverwireError `invalid`
 */
export function transportUrl(url: string, base: string | undefined, scheme: 'ws' | 'http'): string {
  let parsed: URL
  try {
    parsed = new URL(url, base)
  } catch (cause) {
    throw new EverwireError('invalid', `"${url}" is no URL${base ? '' : '; outside a page it must be absolute'}`, {
      cause,
    })
  }
  const found = /^(?:http|ws)(s?):$/.exec(parsed.protocol)
  if (!found) throw new EverwireError('invalid', `"${url}" is neither http(s) nor ws(s)`)
  parsed.protocol = `${scheme}${found[1]}:`
  parsed.hash = ''
  return parsed.href
}
