import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { collect, startClient, until } from '../support/client'
import { audit } from '../support/feed'
import { openChannels, startServer } from '../support/server'
import { setScene } from './scene'

const room = openChannels['room:{id}']
const secret = 's'.repeat(22)

test('F38: what is trimmed while a client is away and while it catches up is reported, with its number, and the stream goes on', async () => {
  const { server, proxy, client } = await setScene({
    server: { channels: { 'room:{id}': { ...room, history: { messages: 200 } } } },
    client: { transports: ['websocket'] },
  })
  const channel = client.channel('room:1')
  const story: (number | { reason: string; missed: number | null })[] = []
  const done = collect<void>()
  channel.onGap(({ reason, missed }) => story.push({ reason, missed }))
  channel.on('n', (n) => {
    story.push(n)
    if (n === 6_000) done.push()
  })
  await until(channel, ({ status }) => status === 'joined')
  await server.realtime.publish('room:1', 'n', 1)
  const lost = until(client, ({ status }) => status !== 'connected')
  proxy.set({ accept: 'reset' })
  proxy.resetAll()
  await lost
  for (let n = 2; n <= 1_000; n++) await server.realtime.publish('room:1', 'n', n)
  proxy.set({ accept: 'pass' })
  client.connect()
  const opened = until(client, ({ status }) => status === 'connected')
  // faster than anybody reads, while it comes back
  for (let n = 1_001; n <= 6_000; n++) {
    await server.realtime.publish('room:1', 'n', n)
    if (n % 100 === 0) await new Promise(setImmediate)
  }
  await opened
  await done.take(1)
  const gaps = story.filter((entry) => typeof entry !== 'number')
  expect(gaps.length).toBeGreaterThan(0)
  expect(new Set(gaps.map(({ reason }) => reason))).toEqual(new Set(['trimmed']))
  // each number follows the one before, or the gap says how many are missing
  let expected = 1
  for (const entry of story) {
    if (typeof entry !== 'number') expected += entry.missed ?? Number.NaN
    else expect(entry).toBe(expected++)
  }
})

test.each(['websocket', 'polling'] as const)(
  'F39: who subscribes in the middle of a torrent gets all of it from there on (%s)',
  async (transport) => {
    const { realtime, url } = await startServer()
    let n = 0
    let flowing = true
    const torrent = (async () => {
      while (flowing) {
        for (let i = 0; i < 50; i++) await realtime.publish('room:1', 'n', ++n)
        await new Promise(setImmediate)
      }
    })()
    for (const rewind of [0, 100]) {
      const client = startClient(url, { transports: [transport] })
      const channel = client.channel('room:1', { rewind })
      const books = audit(channel)
      await until(channel, ({ status }) => status === 'joined')
      const last = n
      await books.reached(last)
      expect(books.gaps).toEqual([])
      expect(books.seen).toEqual(Array.from({ length: books.seen.length }, (_, i) => (books.seen[0] ?? 0) + i))
      client.close()
    }
    flowing = false
    await torrent
  },
)

test.each(['websocket', 'polling'] as const)(
  'F40: after a flutter of joining and leaving the last call counts, and no subscription is left over (%s)',
  async (transport) => {
    const { realtime, url } = await startServer()
    const client = startClient(url, { transports: [transport] })
    const channel = client.channel('room:1')
    const seen = collect<number>()
    for (let i = 0; i < 50; i++) {
      channel.on('n', () => {})()
      if (i % 3 === 0) channel.leave()
      if (i % 10 === 0) await client.ready()
    }
    channel.on('n', (n) => seen.push(n))
    await until(channel, ({ status }) => status === 'joined')
    await realtime.publish('room:1', 'n', 1)
    expect(await seen.take(1)).toEqual([1])
    channel.leave()
    expect(channel.state.status).toBe('idle')
    await realtime.publish('room:1', 'n', 2)
    const delivered = realtime.stats().events.delivered
    await client.channel('room:2').publish('n', 1)
    await realtime.publish('room:1', 'n', 3)
    await client.channel('room:2').publish('n', 2)
    expect(realtime.stats().events.delivered).toBe(delivered)
    expect(seen.all).toEqual([1])
  },
)

test('F41: a reader that reads nothing costs a bounded memory, and no other reader anything', async () => {
  const { realtime, url } = await startServer()
  const slow = new WebSocket(url.replace('http', 'ws'))
  onTestFinished(() => slow.terminate())
  await new Promise((resolve) => slow.once('open', resolve))
  slow.send(`["h",{"v":1,"s":"${secret}","g":1}]\n["s","room:1"]`)
  await new Promise((resolve) => slow.once('message', resolve))
  slow.pause()
  const other = startClient(url).channel('room:1')
  const seen = collect<string>()
  other.on('message', ({ text }) => seen.push(text))
  await until(other, ({ status }) => status === 'joined')
  const text = 'x'.repeat(20_000)
  // ten times what a history of 2 MB and the buffers of both kernels hold
  for (let n = 1; n <= 1_500; n++) {
    await realtime.publish('room:1', 'message', { text })
    if (n % 10 === 0) await seen.take(n)
  }
  expect(realtime.stats().bytes.out).toBeLessThan(1_500 * 20_000 * 1.5)
  const heard = collect<unknown[]>()
  const waitFor = async (op: string, offset?: number) => {
    const fits = (frame: unknown[]) => frame[0] === op && (offset === undefined || frame[2] === offset)
    while (!heard.all.some(fits)) await heard.take(heard.all.length + 1)
  }
  slow.on('message', (data) => {
    for (const line of String(data).split('\n')) heard.push(JSON.parse(line))
  })
  slow.resume()
  await waitFor('g')
  await realtime.publish('room:1', 'message', { text: 'last' })
  await waitFor('m', 1_501)
  const gaps = heard.all.filter(([op]) => op === 'g')
  expect(gaps).toEqual([['g', 'room:1', expect.any(Array), 'overload', expect.any(Number), expect.any(Array)]])
  const offsets = heard.all.filter(([op]) => op === 'm').map(([, , offset]) => offset as number)
  expect(offsets.length + (gaps[0]?.[4] as number)).toBe(1_501)
})
