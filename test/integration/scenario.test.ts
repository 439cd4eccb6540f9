import { expect, test } from 'vitest'
import { setScene } from './scene'
import { perfect } from './traffic'

test('three resets, an outage of 3 s and a half-open link: nothing is lost, doubled or reordered, either way, on defaults', async () => {
  const { proxy, by, traffic } = await setScene()
  const flow = await traffic(200, 50)
  await by('websocket')
  await flow.more(400)
  proxy.silence()
  await flow.more(800)
  await proxy.offlineFor(3_000)
  await flow.more(400)
  for (let reset = 0; reset < 3; reset++) {
    proxy.resetAll()
    await flow.more(400)
  }
  expect(await flow.stop()).toEqual(perfect)
}, 60_000)
