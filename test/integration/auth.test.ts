import { describe, expect, test } from 'vitest'
import { collect, startClient, until } from '../support/client'
import { startServer, type User } from '../support/server'

describe.each([['websocket'], ['polling'], ['websocket', 'polling']] as const)('over %s %s', (...names) => {
  const transports = names.filter((name) => name !== undefined)

  test('a token that is refused twice closes the client, with the reason', async () => {
    let asked = 0
    const { url } = await startServer({
      authenticate: () => {
        throw new Error('secret detail')
      },
    })
    const client = startClient(url, { transports, auth: () => `bad-${++asked}` })
    await expect(client.channel('room:1').publish('n', 1)).rejects.toMatchObject({ code: 'unauthorized' })
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'unauthorized' } })
    expect(client.state.error?.message).not.toContain('secret')
    expect(asked).toBe(2)
  })

  test('a token that is refused once is asked for again', async () => {
    let asked = 0
    const { url } = await startServer({
      authenticate: ({ token }): User => {
        if (token !== 'fresh') throw new Error('stale')
        return { id: 'ada' }
      },
    })
    const client = startClient(url, { transports, auth: () => (++asked === 1 ? 'stale' : 'fresh') })
    await client.ready()
    expect(client.state.status).toBe('connected')
  })

  test('a user who is kicked stays away', async () => {
    const { url, realtime } = await startServer({ authenticate: (): User => ({ id: 'ada' }) })
    const client = startClient(url, { transports })
    const room = client.channel('room:1')
    room.on('n', () => {})
    await until(room, ({ status }) => status === 'joined')
    realtime.kick({ user: 'ada' })
    const { error } = await until(client, ({ status }) => status === 'closed')
    expect(error).toMatchObject({ code: 'kicked' })
  })

  test('a subscription can be ended by the server, and permitted again', async () => {
    let open = true
    const { url, realtime } = await startServer({
      authenticate: (): User => ({ id: 'ada' }),
      channels: { 'room:{id}': { subscribe: () => open } },
    })
    const client = startClient(url, { transports, auth: () => 'token' })
    const room = client.channel('room:1')
    const seen = collect<number>()
    room.on('n', (n) => seen.push(n))
    await until(room, ({ status }) => status === 'joined')
    open = false
    realtime.unsubscribe({ user: 'ada', channel: 'room:1' })
    expect(await until(room, ({ status }) => status === 'denied')).toMatchObject({ code: 'revoked' })
    open = true
    await client.refreshAuth()
    await until(room, ({ status }) => status === 'joined')
    await realtime.publish('room:1', 'n', 7)
    expect(await seen.take(1)).toEqual([7])
  })

  test('the token is in no address and no log', async () => {
    const seen: string[] = []
    const { url } = await startServer({
      authenticate: ({ request, token }): User => {
        seen.push(request.url)
        return { id: String(token) }
      },
      onError: (error) => seen.push(String(error)),
    })
    const client = startClient(url, { transports, auth: () => 'canary' })
    await client.ready()
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.join()).not.toContain('canary')
  })
})

test('events keep coming while a token is renewed on a live connection', async () => {
  const tokens: string[] = []
  const { url, realtime } = await startServer({
    authenticate: ({ token, expiresIn }): User => {
      tokens.push(String(token))
      if (tokens.length === 1) expiresIn(500)
      return { id: 'ada' }
    },
  })
  let asked = 0
  const client = startClient(url, { transports: ['websocket'], auth: () => `token-${++asked}` })
  const seen = collect<number>()
  const room = client.channel('room:1')
  room.on('n', (n) => seen.push(n))
  await until(room, ({ status }) => status === 'joined')
  await expect.poll(() => tokens.length, { timeout: 5_000 }).toBe(2)
  expect(tokens).toEqual(['token-1', 'token-2'])
  await realtime.publish('room:1', 'n', 1)
  expect(await seen.take(1)).toEqual([1])
  expect(client.state.status).toBe('connected')
})
