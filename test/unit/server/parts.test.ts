import { expect, test } from 'vitest'
import { createChannelTable } from '../../../src/server/channels'
import { isDeeper, parse } from '../../../src/server/check'
import { limitsOf } from '../../../src/server/limits'
import { nodeDigests } from '../../../src/server/node/digests'
import { createOutcomes } from '../../../src/server/outcomes'
import { createBucket } from '../../../src/server/rate'
import { createTickets, publicId } from '../../../src/server/tickets'
import { createVirtualClock } from './support'

test('the most literal pattern wins', () => {
  const table = createChannelTable({ 'room:{id}': {}, 'room:lobby': {}, 'room:vip-{id}': {}, '{kind}:{id}': {} })
  const pattern = (name: string) => table.match(name)?.route.pattern.source
  expect(pattern('room:lobby')).toBe('room:lobby')
  expect(pattern('room:vip-1')).toBe('room:vip-{id}')
  expect(pattern('room:42')).toBe('room:{id}')
  expect(pattern('user:42')).toBe('{kind}:{id}')
  expect(pattern('room:42:log')).toBeUndefined()
  expect(pattern('room:')).toBeUndefined()
  expect(table.match('user:42')?.params).toEqual({ kind: 'user', id: '42' })
})

test.each([
  ['{a}:x', 'x:{a}'],
  ['room:{a}', 'room:{b}'],
  ['a{x}', '{x}a'],
  ['{a}b{c}', '{a}{b}b'],
])('%s and %s can match the same name and neither is more literal: no server is made', (a, b) => {
  expect(() => createChannelTable({ [a]: {}, [b]: {} })).toThrow(/neither is more literal/)
})

test.each([
  ['room:{id}', 'user:{id}'],
  ['a-{x}', 'b-{x}'],
  ['{x}-a', '{x}-b'],
  ['{a}:{b}:x', '{a}:x'],
  ['ab{x}', 'cb{x}'],
])('%s and %s have no name in common', (a, b) => {
  expect(() => createChannelTable({ [a]: {}, [b]: {} })).not.toThrow()
})

test('a pattern that can never match, or a history that is no number, makes no server', () => {
  expect(() => createChannelTable({ 'room *': {} })).toThrow(/no pattern/)
  expect(() => createChannelTable({ 'room:{id}': { history: { messages: Number.NaN } } })).toThrow(/history\.messages/)
})

test('an unknown limit, or one that is no number, makes no server', () => {
  expect(() => limitsOf({ messagebytes: 1 } as object)).toThrow(/no such limit/)
  expect(() => limitsOf({ messageBytes: -1 })).toThrow(/positive/)
  expect(limitsOf({ messageBytes: undefined } as object).messageBytes).toBe(65_536)
})

test('64 levels are fine and 65 are not', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { a: [nested(levels - 2)] })
  expect(isDeeper(nested(64), 64)).toBe(false)
  expect(isDeeper([nested(64)], 64)).toBe(true)
})

test('empty lines say nothing', () => {
  const limits = limitsOf()
  expect(parse('\n["i"]\n\n["o"]\n', limits, 0).map(({ frame }) => frame[0])).toEqual(['i', 'o'])
})

test('a bucket refills, and says how long that takes', () => {
  const { clock, skip } = createVirtualClock()
  const bucket = createBucket(clock, 10, 2)
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100])
  skip(100)
  expect([bucket.take(), bucket.take()]).toEqual([0, 100])
  skip(10_000)
  expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 100])
})

test('a ticket is good for its session, its user and its time, and for nothing else', () => {
  const { clock, skip } = createVirtualClock()
  const signedWith = (byte: number) => (text: string) => nodeDigests.sign(new Uint8Array(32).fill(byte), text)
  const tickets = createTickets(clock, signedWith(7))
  const ticket = tickets.issue('id', 'ann', Number.POSITIVE_INFINITY)
  expect(tickets.check(ticket, 'id', 'ann')).toBe(clock.now() + 180_000)
  expect(tickets.check(ticket, 'id', 'bob')).toBeUndefined()
  expect(tickets.check(ticket, 'other', 'ann')).toBeUndefined()
  for (let i = 0; i < ticket.length; i++) {
    const bent = `${ticket.slice(0, i)}${ticket[i] === 'A' ? 'B' : 'A'}${ticket.slice(i + 1)}`
    expect(tickets.check(bent, 'id', 'ann')).toBeUndefined()
  }
  expect(createTickets(clock, signedWith(0)).check(ticket, 'id', 'ann')).toBeUndefined()
  skip(180_000)
  expect(tickets.check(ticket, 'id', 'ann')).toBeUndefined()
})

test('a public id is the same on every node and shows nothing of the secret', () => {
  expect(publicId(nodeDigests.hash, 'a'.repeat(22))).toBe(publicId(nodeDigests.hash, 'a'.repeat(22)))
  expect(publicId(nodeDigests.hash, 'a'.repeat(22))).toMatch(/^[\w-]{22}$/)
  expect(publicId(nodeDigests.hash, 'a'.repeat(22))).not.toBe(publicId(nodeDigests.hash, 'b'.repeat(22)))
})

test('outcomes know up to where they have forgotten', () => {
  const { clock, skip } = createVirtualClock()
  const outcomes = createOutcomes<string>(clock, 1_000, 2)
  for (const n of [1, 2, 3]) outcomes.keep(n, `${n}`)
  expect([1, 2, 3].map(outcomes.get)).toEqual([undefined, '2', '3'])
  expect([1, 2, 4].map(outcomes.forgotten)).toEqual([true, false, false])
  skip(1_001)
  outcomes.keep(5, '5')
  expect(outcomes.size()).toBe(1)
  expect(outcomes.forgotten(3)).toBe(false)
})
