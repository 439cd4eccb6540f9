import type { Environment, Fetch } from '../environment/environment'
import { transportUrl } from './url'

/**
 * One POST, answered with frames or thrown. A string body makes it `text/plain`, which needs no CORS preflight.
 * Statuses do not matter if frames came: refusals speak the protocol too.
 */
export async function ask(environment: Environment, url: string, init: RequestInit): Promise<string> {
  const address = transportUrl(url, environment.base(), 'http')
  const fetch = environment.fetch() as Fetch // where there is none, this throws
  const response = await fetch(address, { method: 'POST', redirect: 'manual', ...init })
  const text = (await response.text()).trim()
  try {
    // not what comes from somebody else, a captive portal or a proxy's error page, nor what was cut short: the end of the last
    // frame is the end of the answer, and tells
    if (JSON.parse(text.slice(text.lastIndexOf('\n') + 1))[0].at) return text
  } catch {}
  throw new Error(`HTTP ${response.status}`)
}
