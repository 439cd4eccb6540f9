import { expect, test } from 'vitest'
import { createPollingTransport } from '../../../src/transports/polling'
import { turn } from '../../support/fake-clock'
import { createFakeEnvironment } from '../../support/fake-environment'
import { createFakeFetch } from '../../support/fake-fetch'
import { openLink } from '../../support/open-link'

test('when a newer held poll overtakes an older one, short exchanges that are as old are begun anew', async () => {
  const net = createFakeFetch()
  const environment = createFakeEnvironment({ fetch: () => net.fetch })
  const { opening } = openLink(createPollingTransport(environment), 'http://example.com/rt', (holdMs) => [
    holdMs ? 'held' : 'short',
  ])
  ;(await net.requests.next()).answer('["i"]')
  const link = await opening
  link.send('', 'hold')
  link.send('', 'post')
  await turn()
  const [, held, short] = net.requests.all
  await environment.advance(1_000)
  link.send('', 'hold')
  await turn()
  net.requests.all.at(-1)?.answer('["o"]')
  await turn()
  expect(held?.state).toBe('aborted')
  expect(short?.state).toBe('aborted')
  expect(net.open.map(({ body }) => body)).toContain('short')
  link.close()
})
