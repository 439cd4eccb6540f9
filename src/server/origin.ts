import { EverwireError } from '../shared/errors'
import type { RequestView } from './hosts'

export interface OriginOptions {
  /** Origins besides the same host, such as `https://app.example.com`; `'*'` = any. */
  origins: readonly string[]
  credentials: boolean
  /** The only hosts whose own pages may connect; undefined = whichever host a request is for. */
  hosts: readonly string[] | undefined
  /** Told once about each origin that was refused. */
  report: (error: unknown) => void
}

/** Most refused origins that are reported: who sends them can invent any number. */
const mostReports = 100

/**
 * Decides by the `Origin` header. A missing one is allowed: credentials are in the body, so a browser adds nothing by itself
 * that a page could abuse.
 *
 * @returns the value for `Access-Control-Allow-Origin`, `''` if no origin was named, undefined if it is refused
 * @throws EverwireError `invalid` for an origin that is none, or `'*'` together with credentials
 */
export function createOriginCheck({ origins, credentials, hosts, report }: OriginOptions) {
  const any = origins.includes('*')
  if (any && credentials) {
    throw new EverwireError(
      'invalid',
      "origins: '*' with credentials would let every site act as your users; name the origins",
    )
  }
  for (const origin of origins) {
    if (origin === '*' || parsed(origin)?.origin === origin) continue
    throw new EverwireError('invalid', `origins: "${origin}" is not an origin like "https://app.example.com"`)
  }
  const allowed = new Set(origins)
  const reported = new Set<string>()

  return (request: RequestView): string | undefined => {
    const { origin, host } = request.headers
    if (origin === undefined) return ''
    const url = typeof origin === 'string' ? parsed(origin) : undefined
    // browsers send the canonical form; anything else comes from someone who tries
    if (!url || url.origin !== origin) return undefined
    if (any || allowed.has(origin) || isHost(url, host, hosts)) return origin
    if (!reported.has(origin) && reported.size < mostReports) {
      reported.add(origin)
      report(new EverwireError('origin', `refused a connection from ${origin}; to allow it: origins: ['${origin}']`))
    }
    return undefined
  }
}

function isHost(origin: URL, host: unknown, hosts: readonly string[] | undefined): boolean {
  if (typeof host !== 'string' || parsed(`${origin.protocol}//${host}`)?.host !== origin.host) return false
  return !hosts || hosts.includes(origin.host)
}

function parsed(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
