import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp, isThere, runSmoke, runtimes, thisNode } from './runtimes.mjs'

let app: ReturnType<typeof createApp>
beforeAll(() => {
  app = createApp()
})
afterAll(() => app?.remove())

// what needs nothing to be installed; `npm run runtimes` is for all of them
const here = [thisNode, ...runtimes.filter(({ name }) => name.startsWith('Chromium'))]

for (const runtime of here) {
  test.skipIf(!isThere(runtime))(`the packed package works in ${runtime.name}`, async () => {
    const results = await runSmoke(runtime, app.path)
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(7)
    expect(Object.entries(results).filter(([, result]) => result !== true)).toEqual([])
  })
}
