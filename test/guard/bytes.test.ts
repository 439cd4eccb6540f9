import { expect, test } from 'vitest'
import { collect, until } from '../support/client'
import { hello, startLab } from './lab'

test('an event {"text":"hello"} on a channel of three letters is 38 bytes on the wire at most, up to offset 999', async () => {
  const { realtime, proxy, start } = await startLab()
  const channel = start({ transports: ['websocket'] }).channel('lab')
  const seen = collect<number>()
  channel.on('e', (_, { offset }) => seen.push(offset))
  await until(channel, ({ status }) => status === 'joined')
  const sizes: number[] = []
  for (let offset = 1; offset <= 999; offset++) {
    const before = proxy.stats.bytes.down
    await realtime.publish('lab', 'e', hello)
    await seen.take(offset)
    sizes.push(proxy.stats.bytes.down - before)
  }
  expect(seen.all).toEqual(Array.from({ length: 999 }, (_, i) => i + 1))
  expect([sizes[0], sizes[9], sizes[998]]).toEqual([36, 37, 38])
  expect(Math.max(...sizes)).toBe(38)
})

test('events of one turn share a message, and cost no frame header of their own', async () => {
  const { realtime, proxy, start } = await startLab()
  const channel = start({ transports: ['websocket'] }).channel('lab')
  const seen = collect<number>()
  channel.on('e', (_, { offset }) => seen.push(offset))
  await until(channel, ({ status }) => status === 'joined')
  const before = proxy.stats.bytes.down
  for (let i = 0; i < 9; i++) void realtime.publish('lab', 'e', hello)
  await seen.take(9)
  // nine frames of 34 bytes, a line feed between them, one header
  expect(proxy.stats.bytes.down - before).toBe(9 * 34 + 8 + 4)
})
