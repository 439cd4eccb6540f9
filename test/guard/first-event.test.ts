import { expect, test } from 'vitest'
import { hello, startLab } from './lab'

const modes = {
  'a clean network': {},
  'upgrades refused': { upgrade: 403 },
  'upgrades stripped': { upgrade: 'strip' },
  'upgrades hanging': { upgrade: 'hang' },
  'upgrades opened, then silent': { silent: 'both' },
} as const

for (const [mode, rules] of Object.entries(modes)) {
  test(`${mode}: the first event costs two round trips, two connections, one request and one upgrade at most`, async () => {
    const { realtime, proxy, start } = await startLab(rules)
    await realtime.publish('lab', 'e', hello)
    const cost = await new Promise<(typeof proxy)['stats']>((resolve) => {
      start()
        .channel('lab', { rewind: 1 })
        .on('e', () => resolve(proxy.stats))
    })
    expect(cost.connections).toBeLessThanOrEqual(2)
    // one for the handshake of TCP, one for the request: nothing is asked before it
    expect(cost.requests).toBeLessThanOrEqual(1)
    expect(cost.upgrades).toBeLessThanOrEqual(1)
    // what the headers of node's fetch and ws take, and room for a longer ticket
    expect(cost.bytes.up + cost.bytes.down).toBeLessThanOrEqual(1_600)
  })
}

test('without the quick hello a clean network sees one connection and one upgrade', async () => {
  const { realtime, proxy, start } = await startLab()
  await realtime.publish('lab', 'e', hello)
  const cost = await new Promise<(typeof proxy)['stats']>((resolve) => {
    start({ quickHello: false })
      .channel('lab', { rewind: 1 })
      .on('e', () => resolve(proxy.stats))
  })
  expect([cost.connections, cost.requests, cost.upgrades]).toEqual([1, 0, 1])
})
