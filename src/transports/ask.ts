import type { Fetch } from '../environment/environment'

/** More than any answer may be (protocol: 256 KB), characters. */
const mostText = 1_000_000

/**
 * One POST, answered with frames or thrown. A string body makes it `text/plain`, which needs no CORS preflight.
 * Statuses do not matter if frames came: refusals speak the protocol too.
 */
export async function ask(
  fetch: Fetch | undefined,
  url: string,
  body: string,
  credentials: RequestCredentials,
  signal: AbortSignal,
): Promise<string> {
  if (!fetch) throw new Error('no fetch')
  const response = await fetch(url, { method: 'POST', body, credentials, signal, cache: 'no-store', redirect: 'error' })
  const text = (await response.text()).trim()
  try {
    // not what comes from somebody else, a captive portal or a proxy's error page, nor what was cut short: the end of the last
    // frame is the end of the answer, and tells
    if (text.length < mostText && JSON.parse(text.slice(text.lastIndexOf('\n') + 1))[0].at) return text
  } catch {}
  throw new Error(`HTTP ${response.status}`)
}
