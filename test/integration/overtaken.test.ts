import { expect, test } from 'vitest'
import type { RequestFacts } from '../support/proxy/rules'
import { setScene } from './scene'
import { perfect } from './traffic'

/** The first held poll from now on, and no other. */
function once() {
  let lost = false
  return ({ body }: RequestFacts) => {
    if (lost || !/"w":[1-9]/.test(body)) return false
    lost = true
    return true
  }
}

test.each(['lose-answer', 'lose-request'] as const)(
  'F11, F12: a poll that vanishes on an open connection is overtaken by another while sends are answered (%s)',
  async (how) => {
    const { proxy, traffic } = await setScene({ client: { transports: ['polling'] } })
    const flow = await traffic(100, 20)
    await flow.more(100)
    proxy.set({ fail: { percent: 100, how: [how] }, only: once() })
    await flow.more(200)
    expect(proxy.events.all('fault')).toMatchObject([{ fault: how }, { fault: 'silence' }])
    expect(await flow.stop()).toEqual(perfect)
  },
)
