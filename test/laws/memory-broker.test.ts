import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createMemoryBroker } from '../../src/server/memory-broker'
import { createFakeClock } from '../support/fake-clock'
import { describeBroker } from './broker'

let epochs = 0
const epoch = () => `epoch-${++epochs}`

describeBroker('the memory broker', { create: (options) => createMemoryBroker({ ...options, epoch }) })

const history = { messages: 5, seconds: 60, bytes: 1_000_000 }

test('whatever is published, resent, read and forgotten, it agrees with a model that never forgets', async () => {
  const step = fc.oneof(
    fc.record({
      do: fc.constant('publish' as const),
      channel: fc.nat(3),
      id: fc.nat(2),
      n: fc.integer({ min: 1, max: 12 }),
      resend: fc.boolean(),
    }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.nat(6_000) }),
    fc.record({ do: fc.constant('read' as const), channel: fc.nat(3), back: fc.nat(8) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 2, max: 10 }), async (steps, channels) => {
      const clock = createFakeClock()
      const broker = createMemoryBroker({ clock, epoch, dedupeMs: 10_000, channels, records: 8 })
      /** Every event that was ever appended, by channel, epoch and offset. */
      const log = new Map<string, string>()
      const accepted = new Map<string, { offset: number; at: number }>()
      for (const each of steps) {
        if (each.do === 'wait') await clock.advance(each.ms)
        else if (each.do === 'publish') {
          const channel = `c${each.channel}`
          const key = `${channel} ${each.id} ${each.n}`
          const before = accepted.get(key)
          const data = `${key} at ${clock.now()}`
          const age = before || each.resend ? clock.now() - (before?.at ?? clock.now()) : undefined
          const result = await broker.publish({
            channel,
            event: 'x',
            data,
            meta: undefined,
            sender: { id: `${each.id}`, n: each.n, age },
            history,
          })
          if (result.kind !== 'accepted') continue
          if (before) {
            // once accepted, a resend is a duplicate at the same place or unknown, never a second event
            expect(result).toMatchObject({ duplicate: true, offset: before.offset })
            continue
          }
          expect(result.duplicate).toBe(false)
          const place = `${channel} ${result.epoch} ${result.offset}`
          expect(log.has(place)).toBe(false)
          log.set(place, data)
          accepted.set(key, { offset: result.offset, at: clock.now() })
        } else {
          const channel = `c${each.channel}`
          const [now, top] = await broker.position(channel)
          const from = Math.max(0, top - each.back)
          const { gap, events } = await broker.read(channel, [now, from], { messages: 100, bytes: 1_000_000 })
          if (gap) expect(gap.reason).toBe('trimmed')
          else
            expect(events.map(({ offset }) => offset)).toEqual(
              Array.from({ length: top - from }, (_, i) => from + i + 1),
            )
          for (const { offset, data } of events) expect(log.get(`${channel} ${now} ${offset}`)).toBe(data)
          expect(events.length).toBeLessThanOrEqual(history.messages)
        }
      }
      expect(broker.stats().records).toBeLessThanOrEqual(8)
      expect(broker.stats().channels).toBeLessThanOrEqual(channels)
      await broker.close()
    }),
    { numRuns: 300 },
  )
})

test('the memory of a process is bounded: whoever was quiet for longest loses its history first', async () => {
  const clock = createFakeClock()
  const broker = createMemoryBroker({ clock, epoch, historyBytes: 1_000 })
  const publish = (channel: string) =>
    broker.publish({ channel, event: 'x', data: 'x'.repeat(100), meta: undefined, sender: undefined, history })
  for (const channel of ['quiet', 'busy', 'busy', 'busy', 'busy', 'busy', 'other', 'other', 'other', 'other'])
    await publish(channel)
  expect(broker.stats().bytes).toBeLessThanOrEqual(1_000)
  const [now, top] = await broker.position('quiet')
  expect(top).toBe(1)
  expect((await broker.read('quiet', [now, 0], { messages: 10, bytes: 1_000 })).gap).toMatchObject({
    reason: 'trimmed',
  })
})

test('a channel that was forgotten comes back in a new epoch: no place is given out twice', async () => {
  const clock = createFakeClock()
  const broker = createMemoryBroker({ clock, epoch, channels: 2 })
  const publish = (channel: string, data: string) =>
    broker.publish({ channel, event: 'x', data, meta: undefined, sender: undefined, history })
  await publish('a', 'first')
  const before = await broker.position('a')
  await publish('b', '')
  await publish('c', '')
  expect((await broker.position('a'))[0]).not.toBe(before[0])
  const again = await publish('a', 'second')
  expect(again).toMatchObject({ kind: 'accepted', offset: 1 })
  expect((await broker.read('a', before, { messages: 10, bytes: 1_000 })).gap).toMatchObject({ reason: 'epoch' })
})

test('a send whose record had to make room is unknown, even within the same millisecond', async () => {
  const broker = createMemoryBroker({ clock: createFakeClock(), epoch, records: 2 })
  const publish = (channel: string, age?: number) =>
    broker.publish({ channel, event: 'x', data: 1, meta: undefined, sender: { id: 'me', n: 1, age }, history })
  for (const channel of ['a', 'b', 'c', 'd']) await publish(channel)
  expect(await publish('a', 0)).toEqual({ kind: 'unknown' })
  expect(await publish('d', 0)).toMatchObject({ kind: 'accepted', offset: 1, duplicate: true })
})

test('old events of quiet channels go while others are used', async () => {
  const clock = createFakeClock()
  const broker = createMemoryBroker({ clock, epoch })
  const publish = (channel: string) =>
    broker.publish({ channel, event: 'x', data: 1, meta: undefined, sender: undefined, history })
  for (const channel of ['quiet', 'silent', 'still']) await publish(channel)
  await clock.advance(61_000)
  for (let i = 0; i < 5; i++) await publish('busy')
  expect(broker.stats()).toMatchObject({ channels: 4, events: 5 })
  expect((await broker.position('quiet'))[1]).toBe(1)
})

test('a reader of a never-published channel learns that places were forgotten', async () => {
  const broker = createMemoryBroker({ clock: createFakeClock(), epoch, channels: 1 })
  const publish = (channel: string) =>
    broker.publish({ channel, event: 'x', data: 1, meta: undefined, sender: undefined, history })
  const before = await broker.position('a')
  await publish('a')
  await publish('b')
  const read = (offset: number) => broker.read('a', [before[0], offset], { messages: 10, bytes: 1_000 })
  expect((await read(0)).gap).toMatchObject({ reason: 'epoch' })
  expect((await read(1)).gap).toMatchObject({ reason: 'epoch' })
  expect(await publish('a')).not.toMatchObject({ epoch: before[0] })
})

test('a channel that is read is in use: it outlasts the history of one that is not', async () => {
  const broker = createMemoryBroker({ clock: createFakeClock(), epoch, historyBytes: 450 })
  const limits = { messages: 10, bytes: 1_000 }
  const publish = (channel: string) =>
    broker.publish({ channel, event: 'x', data: 'x'.repeat(100), meta: undefined, sender: undefined, history })
  for (const channel of ['first', 'second', 'third']) await publish(channel)
  const [now] = await broker.position('first')
  await broker.read('first', [now, 0], limits)
  await publish('fourth')
  expect((await broker.read('first', [now, 0], limits)).events.length).toBe(1)
  expect((await broker.read('second', [now, 0], limits)).gap).toMatchObject({ reason: 'trimmed' })
})
