import { expect, onTestFinished, test } from 'vitest'
import { composeClient, type TransportTable } from '../../src/client/client'
import { createCore } from '../../src/server/core'
import { nodeDigests } from '../../src/server/node/digests'
import type { UntypedContract } from '../../src/shared/contract'
import { createPollingTransport } from '../../src/transports/polling'
import { createFakeEnvironment } from '../support/fake-environment'

/** Real client, real server and polling between them, on one virtual clock; each way takes `delay` ms. */
function setUp(delay: number) {
  const count = { requests: 0, up: 0, down: 0 }
  const environment = createFakeEnvironment({
    fetch:
      () =>
      (_, { body, signal }) =>
        new Promise((resolve, reject) => {
          count.requests++
          count.up += String(body).length
          const gone = signal as AbortSignal
          gone.addEventListener('abort', () => reject(gone.reason))
          const travel = (run: () => void) => void environment.timer(delay, run)
          travel(async () => {
            const { status, body: text } = await core.exchange(
              { url: '/', headers: {}, address: '' },
              String(body),
              gone,
            )
            if (gone.aborted) return
            count.down += text.length
            travel(() => resolve({ status, ok: true, text: async () => text } as unknown as Response))
          })
        }),
  })
  const platform = { clock: environment, randomBytes: (n: number) => new Uint8Array(n), ...nodeDigests }
  const core = createCore(platform, { channels: { lab: {} } })
  const table = { polling: createPollingTransport } as unknown as TransportTable
  const client = composeClient<UntypedContract>(environment, table, { url: 'http://test/', transports: ['polling'] })
  onTestFinished(async () => {
    client.close()
    await environment.advance(60_000)
    await core.close()
  })
  return { environment, core, client, count }
}

for (const delay of [0, 50]) {
  test(`long-polling at 100 events/s, ${delay} ms each way, needs less than a third of a request per event`, async () => {
    const { environment, core, client, count } = setUp(delay)
    const late: number[] = []
    client.channel('lab').on('e', (sentAt) => late.push(environment.now() - (sentAt as number)))
    await environment.advance(1_000)
    Object.assign(count, { requests: 0, up: 0, down: 0 })
    for (let i = 0; i < 1_000; i++) {
      await core.publish('lab', 'e', environment.now())
      await environment.advance(10)
    }
    await environment.advance(1_000)
    expect(late.length).toBe(1_000)
    expect(count.requests / late.length).toBeLessThan(0.3)
    // virtual time, so no measurement: what the server holds back, the way, and the next poll's way if it just missed one
    expect(late.sort((a, b) => a - b)[500]).toBeLessThanOrEqual(40 + 3 * delay)
    // without HTTP's headers
    expect(count.up / late.length).toBeLessThan(60)
    expect(count.down / late.length).toBeLessThan(50)
  })
}
