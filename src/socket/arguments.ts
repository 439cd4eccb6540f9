import { sizeOf } from './queue'

const fault = (name: string, what: unknown) => new DOMException(String(what), name)

/**
 * The address to dial, as the WebSocket standard has it: http(s) stands for ws(s), a relative URL needs a page, and a fragment,
 * which no server would see, is a mistake.
 *
 * @throws DOMException `SyntaxError`
 */
export function socketUrl(input: string | URL, base: string | undefined): string {
  try {
    const href = new URL(input, base).href.replace(/^http/, 'ws')
    if (/^wss?:[^#]*$/.test(href)) return href
  } catch {}
  throw fault('SyntaxError', input)
}

/**
 * Subprotocols are tokens of HTTP, and no two are alike in any case.
 *
 * @throws DOMException `SyntaxError`
 */
export function checkProtocols(protocols: string | readonly string[]): void {
  const names = [protocols].flat()
  const distinct = new Set(names.map((name) => name.toLowerCase()))
  if (distinct.size < names.length || !names.every((name) => /^[\w!#$%&'*+.^`|~-]+$/.test(name)))
    throw fault('SyntaxError', names)
}

/**
 * Codes an application may close with: 1000 and 3000–4999. A reason fits into a control frame: 123 bytes of UTF-8.
 *
 * @throws DOMException `InvalidAccessError`, `SyntaxError`
 */
export function checkClose(code = 1000, reason = ''): void {
  if (code !== 1000 && !(code >= 3000 && code < 5000)) throw fault('InvalidAccessError', code)
  if (sizeOf(reason) > 123) throw fault('SyntaxError', reason)
}
