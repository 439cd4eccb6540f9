import type { Clock } from '../environment/environment'
import type { RequestView } from './hosts'
import type { ServerLimits } from './limits'
import { type Ending, ending } from './sessions'

/** Who is in: connections of both transports, from their first byte on. */
export interface Admission {
  /** One more from this address. The function returned counts it out again. */
  enter(address: string | undefined): () => void
  /** Why one who has entered from this address is to be sent away, if so. */
  refusal(address: string | undefined): Ending | undefined
}

export function createAdmission(clock: Clock, { connections, connectionsPerAddress }: ServerLimits): Admission {
  const counts = new Map<string, number>()
  const counted = Number.isFinite(connectionsPerAddress)
  let inside = 0

  const fromThere = (address: string | undefined) => (counted ? (counts.get(networkOf(address)) ?? 0) : 0)

  function change(address: string | undefined, by: number): void {
    inside += by
    if (!counted) return
    const count = fromThere(address) + by
    if (count > 0) counts.set(networkOf(address), count)
    else counts.delete(networkOf(address))
  }

  return {
    enter(address) {
      change(address, 1)
      return () => change(address, -1)
    },
    refusal(address) {
      if (inside <= connections && fromThere(address) <= connectionsPerAddress) return undefined
      return ending('overloaded', 'too many connections', Math.round(1_000 + clock.random() * 4_000))
    },
  }
}

/** One customer has one IPv4 address, or a whole /64 of IPv6. */
export function networkOf(address = ''): string {
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (mapped) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const groups = head.split(':').filter(Boolean)
  const rest = tail?.split(':').filter(Boolean) ?? []
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest.length
  return [...groups, ...Array(Math.max(0, zeros)).fill('0'), ...rest]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

/**
 * The request as it came to the outermost of so many proxies. Each adds the address it was asked from at the end of
 * `X-Forwarded-For`; what stands before those was said by the client, which may say anything.
 */
export function throughProxies(request: RequestView, proxies: number): RequestView {
  const header = request.headers['x-forwarded-for']
  if (proxies === 0 || header === undefined) return request
  const said = String(header).split(',')
  const address = said.at(-proxies)?.trim()
  return address ? { ...request, address } : request
}
