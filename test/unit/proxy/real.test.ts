import { expect, test } from 'vitest'
import { lacks, startRealProxy } from '../../support/proxy/real'
import { ask, openSocket, startTarget } from './parts'

test.skipIf(lacks('nginx as shipped'))(
  'nginx as shipped passes HTTP and makes a plain request of an upgrade',
  async () => {
    const target = await startTarget()
    const proxy = await startRealProxy('nginx as shipped', target.port)
    expect(await ask(proxy.url)).toMatchObject({ status: 200, body: 'hello from the target' })
    await target.requests.next()
    expect(await openSocket(proxy.url).story.next()).toBe('status 200')
    expect((await target.requests.next()).headers).not.toHaveProperty('upgrade')
  },
)

test.skipIf(lacks('nginx as shipped'))(
  'nginx with short timeouts passes upgrades, cuts idle ones and answers 504',
  async () => {
    const target = await startTarget(() => {})
    const proxy = await startRealProxy('nginx with short timeouts', target.port)
    const client = openSocket(proxy.url)
    expect(await client.story.next()).toBe('open')
    client.send('hi')
    expect(await client.messages.next()).toBe('echo hi')
    const [reply, end] = await Promise.all([ask(proxy.url), client.story.next()])
    expect(reply.status).toBe(504)
    expect(end).toBe('closed 1006')
  },
)

test.skipIf(lacks('haproxy with a short tunnel'))(
  'haproxy with a short tunnel passes upgrades and cuts idle ones',
  async () => {
    const target = await startTarget()
    const proxy = await startRealProxy('haproxy with a short tunnel', target.port)
    expect((await ask(proxy.url)).status).toBe(200)
    const client = openSocket(proxy.url)
    expect(await client.story.next()).toBe('open')
    client.send('hi')
    expect(await client.messages.next()).toBe('echo hi')
    expect(await client.story.next()).toBe('closed 1006')
  },
)
