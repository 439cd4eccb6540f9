import { expect, test } from 'vitest'
import { until } from '../support/client'
import { audit } from '../support/feed'
import { openChannels } from '../support/server'
import { setScene } from './scene'

const client = { transports: ['websocket'] } as const
const text = (n: number) => ({ text: `${n} ${'x'.repeat(1_000)}` })

test('F1: a WebSocket that is reset while idle is replaced, and what was published meanwhile arrives', async () => {
  const { server, proxy, client: me } = await setScene({ client })
  const books = audit(me.channel('room:1'))
  await until(me.channel('room:1'), ({ status }) => status === 'joined')
  const lost = until(me, ({ status }) => status !== 'connected')
  proxy.resetAll()
  await lost
  for (const n of [1, 2, 3]) await server.realtime.publish('room:1', 'n', n)
  await books.reached(3)
  expect(books).toMatchObject({ seen: [1, 2, 3], gaps: [] })
  expect(proxy.events.all('upgrade')).toHaveLength(2)
})

test('F2: what was cut in the middle of a frame is dropped, and comes again as a whole', async () => {
  const {
    server,
    proxy,
    client: me,
  } = await setScene({
    client,
    rules: { cutAfter: { direction: 'down', bytes: 3_500 } },
  })
  const room = me.channel('room:1')
  const seen: string[] = []
  room.onGap(({ reason }) => seen.push(`gap: ${reason}`))
  const all = new Promise<void>((resolve) => {
    room.on('message', ({ text }) => {
      seen.push(text)
      if (seen.length === 5) resolve()
    })
  })
  await until(room, ({ status }) => status === 'joined')
  proxy.set({ cutAfter: null })
  for (let n = 1; n <= 5; n++) await server.realtime.publish('room:1', 'message', text(n))
  await all
  expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => text(n).text))
  expect(proxy.events.all('fault')).toMatchObject([{ fault: 'cut' }])
})

test('F3: sends that a reset cut short are repeated, and each is accepted once', async () => {
  const {
    server,
    proxy,
    client: me,
  } = await setScene({
    client,
    rules: { cutAfter: { direction: 'up', bytes: 3_500 } },
  })
  await me.ready()
  proxy.set({ cutAfter: null })
  const sent = [1, 2, 3, 4, 5].map((n) => me.channel('room:1').publish('message', text(n)))
  expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5])
  expect(server.realtime.stats().events.accepted).toBe(5)
  expect(proxy.events.all('fault')).toMatchObject([{ fault: 'cut' }])
})

test('F4: a send whose acknowledgement was lost is answered with its first offset', async () => {
  let reached = () => {}
  const arrived = new Promise<void>((resolve) => {
    reached = resolve
  })
  const publish = () => {
    reached()
    return true
  }
  const {
    server,
    proxy,
    client: me,
  } = await setScene({
    client,
    server: { channels: { 'room:{id}': { ...openChannels['room:{id}'], publish } } },
  })
  await me.ready()
  proxy.silence('down')
  const sent = me.channel('room:1').publish('n', 1)
  await arrived
  await server.realtime.publish('room:1', 'n', 2)
  proxy.resetAll()
  expect(await sent).toMatchObject({ offset: 1 })
  expect(server.realtime.stats().events.accepted).toBe(2)
})

test('text of more than a byte per character is counted in bytes: much of it at once does not end the connection', async () => {
  const limits = { sendBurst: 1_000, sendBytesBurst: 10_000_000 }
  const { server, client: me } = await setScene({ client, server: { limits } })
  const room = me.channel('room:1')
  // before the welcome and after it, 600 kB each
  const text = '\u6f22'.repeat(2_000)
  const early = Array.from({ length: 100 }, () => room.publish('message', { text }))
  await me.ready()
  await Promise.all(early)
  await Promise.all(Array.from({ length: 100 }, () => room.publish('message', { text })))
  expect(me.state).toMatchObject({ status: 'connected', attempt: 0, pending: 0 })
  expect((await server.realtime.stats()).refusals).toEqual({})
})
