import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { collect, startClient, until } from '../support/client'
import { openChannels, startServer, type User } from '../support/server'
import { setScene } from './scene'

const room = openChannels['room:{id}']
const transports = ['websocket', 'polling'] as const

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

test.each(transports)(
  'F48: a token that expired while the client was away is asked for once more (%s)',
  async (transport) => {
    const valid = new Set(['1'])
    let asked = 0
    const { server, proxy, client } = await setScene({
      server: {
        authenticate: ({ token }): User => {
          if (!valid.has(String(token))) throw new Error('expired')
          return { id: 'ada' }
        },
      },
      // the second one is taken from a cache that does not know yet
      client: { transports: [transport], auth: () => (++asked < 3 ? '1' : '2') },
    })
    const seen = collect<number>()
    const channel = client.channel('room:1')
    channel.on('n', (n) => seen.push(n))
    await until(channel, ({ status }) => status === 'joined')
    const lost = until(client, ({ status }) => status !== 'connected')
    proxy.set({ accept: 'reset' })
    proxy.resetAll()
    await lost
    valid.clear()
    valid.add('2')
    await server.realtime.publish('room:1', 'n', 1)
    proxy.set({ accept: 'pass' })
    client.connect()
    expect(await seen.take(1)).toEqual([1])
    expect(client.state).toMatchObject({ status: 'connected' })
    expect(client.state.error).toBeUndefined()
  },
)

test('F48: a token that expires in the middle of a request leaves the request its answer', async () => {
  const { opened, open } = gate()
  let asked = 0
  const runs: string[] = []
  const { url } = await startServer({
    authenticate: ({ expiresIn }): User => {
      expiresIn(300)
      return { id: 'ada' }
    },
    channels: {
      'room:{id}': {
        ...room,
        requests: {
          ...room.requests,
          slow: async () => {
            runs.push('slow')
            await opened
            return 'done'
          },
        },
      },
    },
  })
  const renewed = gate()
  const client = startClient(url, {
    auth: () => {
      if (++asked === 3) renewed.open()
      return `token ${asked}`
    },
  })
  const answer = client.channel('room:1').request('slow', null)
  await renewed.opened
  open()
  expect(await answer).toBe('done')
  expect(runs).toEqual(['slow'])
})

test('F48: an auth() that fails, and one that hangs, delay the connection and lose nothing', async () => {
  const { url } = await startServer()
  const answers = [
    () => Promise.reject(new Error('the token server is down')),
    () => new Promise<string>(() => {}),
    () => 'token',
  ]
  let asked = 0
  const client = startClient(url, { auth: () => answers[Math.min(asked++, 2)]?.() })
  const errors = new Set<string>()
  client.watch(({ error }) => error && errors.add(error.code))
  expect(await client.channel('room:1').publish('n', 1)).toMatchObject({ offset: 1 })
  expect([...errors]).toEqual(['auth_failed'])
  expect(asked).toBe(3)
}, 30_000)

test('F49: what a client says while it is still being authenticated is done afterwards, in order', async () => {
  const { opened, open } = gate()
  const { url, realtime } = await startServer({
    authenticate: async (): Promise<User> => {
      await opened
      return { id: 'ada' }
    },
  })
  const socket = new WebSocket(url.replace('http', 'ws'))
  onTestFinished(() => socket.terminate())
  await new Promise((resolve) => socket.once('open', resolve))
  const frames = collect<unknown[]>()
  socket.on('message', (data) => {
    for (const line of String(data).split('\n')) frames.push(JSON.parse(line))
  })
  socket.send(`["h",{"v":1,"s":"${'s'.repeat(22)}","g":1}]`)
  for (let n = 1; n <= 30; n++) socket.send(`["p",${n},"room:1","n",${n}]`)
  // the server has them all: it answers a ping of the protocol below
  await new Promise<void>((resolve) => {
    socket.once('pong', () => resolve())
    socket.ping()
  })
  expect(realtime.stats().events.accepted).toBe(0)
  open()
  const acks = () => frames.all.filter(([op]) => op === 'k').flatMap(([, ...pairs]) => pairs)
  while (acks().length < 60) await frames.take(frames.all.length + 1)
  expect(frames.all[0]?.[0]).toBe('w')
  expect(acks()).toEqual(Array.from({ length: 30 }, (_, i) => [i + 1, i + 1]).flat())
})

test.each(transports)(
  'F50: an authentication that never ends is tried again, and is not fatal (%s)',
  async (transport) => {
    let asked = 0
    const { url } = await startServer({
      authenticate: (): User | Promise<User> => (++asked < 3 ? new Promise<User>(() => {}) : { id: 'ada' }),
      limits: { hookMs: 100 },
      onError: () => {},
    })
    const client = startClient(url, { transports: [transport] })
    const errors = new Set<string>()
    client.watch(({ error }) => error && errors.add(error.code))
    await client.ready()
    expect([...errors]).toEqual(['transient'])
  },
)

test.each(transports)(
  'F52: a permission revoked while the client was away ends the subscription, without an event (%s)',
  async (transport) => {
    let open = true
    const { server, proxy, client } = await setScene({
      server: {
        authenticate: (): User => ({ id: 'ada' }),
        channels: { 'room:{id}': { ...room, subscribe: ({ channel }) => open || channel !== 'room:1' } },
      },
      client: { transports: [transport] },
    })
    const seen: number[] = []
    const denied = collect<string>()
    const channel = client.channel('room:1')
    channel.on('n', (n) => seen.push(n))
    channel.onDrop(({ code }) => denied.push(code))
    await until(channel, ({ status }) => status === 'joined')
    const lost = until(client, ({ status }) => status !== 'connected')
    proxy.set({ accept: 'reset' })
    proxy.resetAll()
    await lost
    open = false
    server.realtime.unsubscribe({ user: 'ada', channel: 'room:1' })
    await server.realtime.publish('room:1', 'n', 1)
    proxy.set({ accept: 'pass' })
    client.connect()
    expect(await denied.take(1)).toEqual(['revoked'])
    await server.realtime.publish('room:1', 'n', 2)
    const other = client.channel('room:2')
    other.on('n', () => {})
    await until(other, ({ status }) => status === 'joined')
    expect(seen).toEqual([])
  },
)
