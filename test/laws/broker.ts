import { describe, expect, test, vi } from 'vitest'
import type { Broker, PublishInput, PublishResult } from '../../src/server/broker'
import { createFakeClock } from '../support/fake-clock'

/** What a suite needs to know of a broker: a fresh one, in the hands of a clock. */
export interface BrokerKit {
  create(options: { clock: ReturnType<typeof createFakeClock>; dedupeMs: number }): Broker
}

const history = { messages: 100, seconds: 60, bytes: 1_000_000 }
const all = { messages: 1_000, bytes: 10_000_000 }

/** The laws in `src/server/broker.ts`, for every broker there is. */
export function describeBroker(name: string, kit: BrokerKit): void {
  function setUp() {
    const clock = createFakeClock()
    const broker = kit.create({ clock, dedupeMs: 10_000 })
    const publish = (channel: string, data: unknown, more: Partial<PublishInput> = {}) =>
      broker.publish({ channel, event: 'x', data, meta: undefined, sender: undefined, history, ...more })
    const from = (id: string, n: number, age?: number) => ({ sender: { id, n, age } })
    const offsets = async (channel: string, offset = 0) => {
      const [epoch] = await broker.position(channel)
      const { events } = await broker.read(channel, [epoch, offset], all)
      return events.map((event) => event.offset)
    }
    return { clock, broker, publish, from, offsets }
  }
  const brief = ({ kind, ...rest }: PublishResult) => ('offset' in rest ? [kind, rest.offset, rest.duplicate] : [kind])

  describe(`${name} keeps the laws of brokers`, () => {
    test('1: offsets are dense within an epoch, in the order of acceptance, from 1', async () => {
      const { broker, publish, offsets } = setUp()
      const results = await Promise.all(Array.from({ length: 50 }, (_, i) => publish('a', i)))
      expect(results.map((result) => 'offset' in result && result.offset)).toEqual(
        Array.from({ length: 50 }, (_, i) => i + 1),
      )
      expect(new Set(results.map((result) => 'epoch' in result && result.epoch)).size).toBe(1)
      expect(await offsets('a')).toEqual(Array.from({ length: 50 }, (_, i) => i + 1))
      const [epoch] = await broker.position('a')
      const { events } = await broker.read('a', [epoch, 10], all)
      expect(events[0]).toMatchObject({ offset: 11, event: 'x', data: 10, text: '["m","a",11,"x",10]' })
    })

    test('2: what has a record is not appended again, whatever it says now', async () => {
      const { publish, from, offsets } = setUp()
      expect(brief(await publish('a', 'one', from('me', 1)))).toEqual(['accepted', 1, false])
      expect(brief(await publish('a', 'one', from('me', 1, 5)))).toEqual(['accepted', 1, true])
      expect(brief(await publish('a', 'other', from('me', 1)))).toEqual(['accepted', 1, true])
      expect(brief(await publish('b', 'one', from('me', 1)))).toEqual(['accepted', 1, false])
      expect(brief(await publish('a', 'one', from('you', 1)))).toEqual(['accepted', 2, false])
      expect(await offsets('a')).toEqual([1, 2])
    })

    test('2: many copies at once are one event', async () => {
      const { publish, from, offsets } = setUp()
      const results = await Promise.all(Array.from({ length: 20 }, () => publish('a', 'same', from('me', 7))))
      expect(results.filter((result) => 'duplicate' in result && !result.duplicate).length).toBe(1)
      expect(new Set(results.map((result) => 'offset' in result && result.offset))).toEqual(new Set([1]))
      expect(await offsets('a')).toEqual([1])
    })

    test('2: a number below the highest accepted of its sender is stale, per channel', async () => {
      const { publish, from } = setUp()
      await publish('a', 1, from('me', 5))
      expect(brief(await publish('a', 1, from('me', 4)))).toEqual(['stale'])
      expect(brief(await publish('b', 1, from('me', 4)))).toEqual(['accepted', 1, false])
      expect(brief(await publish('a', 1, from('you', 4)))).toEqual(['accepted', 2, false])
    })

    test('2: a resend older than the records is unknown, and appends nothing', async () => {
      const { clock, publish, from, offsets } = setUp()
      expect(brief(await publish('a', 1, from('me', 1, 50)))).toEqual(['unknown'])
      await clock.advance(1_000)
      expect(brief(await publish('a', 1, from('me', 1, 500)))).toEqual(['accepted', 1, false])
      await clock.advance(20_000)
      expect(brief(await publish('a', 1, from('me', 1, 20_100)))).toEqual(['unknown'])
      expect(await offsets('a')).toEqual([1])
    })

    test('3: a record outlives its event', async () => {
      const { publish, from, broker } = setUp()
      const small = { history: { messages: 2, seconds: 60, bytes: 1_000_000 } }
      await publish('a', 1, { ...from('me', 1), ...small })
      for (let n = 2; n < 10; n++) await publish('a', n, small)
      expect(brief(await publish('a', 1, { ...from('me', 1, 5), ...small }))).toEqual(['accepted', 1, true])
      expect(await broker.recorded('a', 'me', 1)).toBe(1)
      expect(await broker.recorded('a', 'me', 2)).toBeUndefined()
    })

    test('3: a resend that sets out inside the window and arrives after it is not a second event', async () => {
      const { clock, publish, from, offsets } = setUp()
      await clock.advance(1_000)
      await publish('a', 1, from('me', 1))
      await clock.advance(10_200)
      expect((await publish('a', 1, from('me', 1, 9_900))).kind).not.toBe('stale')
      expect(await offsets('a')).toEqual([1])
    })

    test('4: reading creates nothing, and a first publish keeps the epoch', async () => {
      const { broker, publish } = setUp()
      const before = await broker.position('a')
      expect(before[1]).toBe(0)
      expect(await broker.rewind('a', 5)).toEqual(before)
      expect(await broker.read('a', before, all)).toEqual({ epoch: before[0], top: 0, gap: undefined, events: [] })
      expect(broker.stats()).toMatchObject({ channels: 0, events: 0, bytes: 0 })
      await publish('a', 1)
      expect(await broker.position('a')).toEqual([before[0], 1])
      expect((await broker.read('a', before, all)).events.length).toBe(1)
    })

    test('4: the place of a channel outlives its history', async () => {
      const { clock, broker, publish } = setUp()
      await publish('a', 1)
      const place = await broker.position('a')
      await clock.advance(3_600_000)
      expect(await broker.position('a')).toEqual(place)
      expect((await broker.read('a', place, all)).gap).toBeUndefined()
      expect((await broker.read('a', [place[0], 0], all)).gap).toEqual({ reason: 'trimmed', missed: 1 })
      await publish('a', 2)
      expect(await broker.position('a')).toEqual([place[0], 2])
    })

    test.each([
      ['messages', { messages: 3, seconds: 60, bytes: 1_000_000 }, 3],
      ['bytes', { messages: 100, seconds: 60, bytes: 450 }, 4],
    ])('the history is bounded by %s, and what it lost is a gap with a count', async (_, bounds, kept) => {
      const { broker, publish } = setUp()
      for (let n = 1; n <= 10; n++) await publish('a', 'x'.repeat(80), { history: bounds })
      const [epoch] = await broker.position('a')
      const { gap } = await broker.read('a', [epoch, 1], all)
      expect(gap).toEqual({ reason: 'trimmed', missed: 9 })
      const { events } = await broker.read('a', [epoch, 10 - kept], all)
      expect(events.length).toBe(kept)
      expect((await broker.read('a', [epoch, 10 - kept - 1], all)).gap).toMatchObject({ reason: 'trimmed' })
    })

    test('a cursor of another epoch, an empty one, or one ahead is a gap of its kind', async () => {
      const { broker, publish } = setUp()
      await publish('a', 1)
      const [epoch] = await broker.position('a')
      for (const [cursor, reason] of [
        [['other', 1], 'epoch'],
        [['', 1], 'epoch'],
        [[epoch, 2], 'ahead'],
      ] as const) {
        expect(await broker.read('a', cursor, all)).toMatchObject({ epoch, top: 1, gap: { reason }, events: [] })
      }
    })

    test('a read is cut by its limits, but brings one event at least', async () => {
      const { broker, publish } = setUp()
      for (let n = 1; n <= 10; n++) await publish('a', 'x'.repeat(100))
      const [epoch] = await broker.position('a')
      const read = async (messages: number, bytes: number) =>
        (await broker.read('a', [epoch, 2], { messages, bytes })).events.map(({ offset }) => offset)
      expect(await read(3, 1_000_000)).toEqual([3, 4, 5])
      expect(await read(100, 1)).toEqual([3])
      expect((await read(100, 400)).length).toBeLessThan(5)
    })

    test('rewind stands before the last events', async () => {
      const { broker, publish } = setUp()
      for (let n = 1; n <= 5; n++) await publish('a', n)
      const [epoch] = await broker.position('a')
      expect(await broker.rewind('a', 2)).toEqual([epoch, 3])
      expect(await broker.rewind('a', 99)).toEqual([epoch, 0])
    })

    test('5: a listener hears every later event of its channel, in order, until it stops', async () => {
      const { broker, publish } = setUp()
      const heard: unknown[] = []
      const stop = await broker.listen('a', (_, { offset, data }) => heard.push([offset, data]))
      const other = await broker.listen('a', () => {})
      await publish('a', 'one')
      await publish('b', 'elsewhere')
      await publish('a', 'two')
      stop()
      await publish('a', 'three')
      other()
      expect(heard).toEqual([
        [1, 'one'],
        [2, 'two'],
      ])
    })

    test('5: a listener that throws stops neither the others nor the record', async () => {
      const { broker, publish, from, offsets } = setUp()
      const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
      const heard: number[] = []
      await broker.listen('a', () => {
        throw new Error('thrown by a listener')
      })
      await broker.listen('a', (_, { offset }) => heard.push(offset))
      expect(brief(await publish('a', 1, from('me', 1)))).toEqual(['accepted', 1, false])
      expect(brief(await publish('a', 1, from('me', 1, 0)))).toEqual(['accepted', 1, true])
      expect(heard).toEqual([1])
      expect(errors).toHaveBeenCalledOnce()
      expect(await offsets('a')).toEqual([1])
      errors.mockRestore()
    })

    test('5: what a listener publishes is heard after what it heard, and its own resend is a duplicate', async () => {
      const { broker, publish, from } = setUp()
      const heard: number[] = []
      const inner: ReturnType<typeof publish>[] = []
      await broker.listen('a', (_, { offset }) => {
        if (offset === 1) inner.push(publish('a', 1, from('me', 1, 0)), publish('a', 2))
      })
      await broker.listen('a', (_, { offset }) => heard.push(offset))
      await publish('a', 1, from('me', 1))
      expect((await Promise.all(inner)).map(brief)).toEqual([
        ['accepted', 1, true],
        ['accepted', 2, false],
      ])
      expect(heard).toEqual([1, 2])
    })

    test('leaves nothing behind when it is closed', async () => {
      const { clock, broker, publish } = setUp()
      await publish('a', 1)
      await broker.close()
      expect(clock.pending).toBe(0)
    })
  })
}
