import type { Host, RequestView } from '../hosts'
import { answerOf, earlyAnswer, failedAnswer, type HttpAnswer } from '../http'
import { readBody } from './body'
import type { FetchRealtime } from './realtime'

/** What a host knows of a request besides the request. */
export interface RequestInfo {
  /** The peer's address. */
  readonly address?: string | undefined
}

/**
 * Long-polling for any runtime that answers a `Request` with a `Response`. Where nothing upgrades it to a WebSocket, clients stay with
 * that. It answers whatever it is given: choose the path before.
 *
 * @example
 * const live = fetchHandler(createRealtime<Chat>({ channels: { 'room:{id}': { publish: () => true } } }))
 * export default { fetch: (request: Request) => live(request) }
 */
export function fetchHandler({ host }: Pick<FetchRealtime, 'host'>) {
  return async (request: Request, { address }: RequestInfo = {}): Promise<Response> => {
    const view = viewOf(request, address)
    const { method, headers, signal } = request
    const speech = { host, origin: host.origin(view) }
    const encoding = headers.get('content-encoding') ?? undefined
    const length = Number(headers.get('content-length') ?? Number.NaN)
    const early = earlyAnswer(speech, { method, encoding, length })
    if (early) return responseOf(early)
    const body = await readBody(request, host)
    if (typeof body === 'string') return responseOf(failedAnswer(speech, body))
    return responseOf(answerOf(speech, await host.exchange(view, body.text, signal)))
  }
}

/** True for what wants to become a WebSocket. */
export const isUpgrade = ({ headers }: Request) => headers.get('upgrade')?.toLowerCase() === 'websocket'

/** The answer to an upgrade from an origin that may not connect; undefined = it may. */
export function refusalOf(host: Host, view: RequestView): Response | undefined {
  return host.origin(view) === undefined ? new Response(null, { status: 403 }) : undefined
}

/** What the core sees of a request. */
export function viewOf(request: Request, address: string | undefined): RequestView {
  const { pathname, search, host } = new URL(request.url)
  return { url: pathname + search, headers: { host, ...Object.fromEntries(request.headers) }, address }
}

function responseOf({ status, headers, body }: HttpAnswer): Response {
  return new Response(body || null, { status, headers })
}
