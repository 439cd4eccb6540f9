import { onTestFinished } from 'vitest'
import { leftovers } from '../leftovers'
import { createFaultProxy, type FaultProxy, type FaultProxyOptions, type Target } from './fault-proxy'

/**
 * A fault proxy for the current test, closed with it.
 *
 * @example
 * const proxy = await startFaultProxy(server.url, { upgrade: 'hang' })
 * const client = startClient(`${proxy.url}/realtime`)
 */
export async function startFaultProxy(
  target: Target,
  rules: FaultProxyOptions['rules'] = {},
  options: Pick<FaultProxyOptions, 'seed'> = {},
): Promise<FaultProxy> {
  const proxy = await createFaultProxy({ target, rules, ...options })
  onTestFinished(() => proxy.close())
  leftovers.push(() => {
    const left = proxy.connections().length
    return [...(left ? [`${left} connections of a proxy`] : []), ...(proxy.timers ? ['timers of a proxy'] : [])]
  })
  return proxy
}
