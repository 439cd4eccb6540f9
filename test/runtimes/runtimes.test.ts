import { afterAll, beforeAll, expect, test } from 'vitest'
import { createApp, hosts, isThere, runHost, runSmoke, runtimes, thisNode } from './runtimes.mjs'

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

for (const host of hosts.filter(({ local }) => local)) {
  test.concurrent(`a server on ${host.name} does what it does on any`, async () => {
    const results = await runHost(host, app.path)
    expect(Object.keys(results).length).toBeGreaterThanOrEqual(11)
    expect(Object.entries(results).filter(([, result]) => result !== true)).toEqual([])
  })
}
