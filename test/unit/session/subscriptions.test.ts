import { describe, expect, test } from 'vitest'
import type { Cursor } from '../../../src/protocol/frames'
import { advance, onGap, onSubscribed, type Subscription } from '../../../src/session/subscriptions'

function join(cursor?: Cursor) {
  const seen: unknown[] = []
  const sub: Subscription = {
    channel: 'lab',
    rewind: 0,
    ...(cursor && { cursor }),
    repeats: 0,
    reader: {
      event: (...args) => seen.push(['event', ...args]),
      gap: (...args) => seen.push(['gap', ...args]),
      joining: () => seen.push(['joining']),
      joined: () => seen.push(['joined']),
      dropped: () => seen.push(['dropped']),
    },
  }
  return { sub, seen }
}

describe('events', () => {
  test('before the join has a place, nothing counts', () => {
    expect(advance(join().sub, 1)).toBe(false)
  })

  test('the next offset is delivered and moves the cursor', () => {
    const { sub } = join(['E', 4])
    expect(advance(sub, 5)).toBe(true)
    expect(sub.cursor).toEqual(['E', 5])
  })

  test.each([4, 3, 1])('offset %i of a stream at 4 is a repetition', (offset) => {
    const { sub } = join(['E', 4])
    expect(advance(sub, offset)).toBe(false)
    expect(sub.cursor).toEqual(['E', 4])
  })

  test('a jump is never delivered: the stream is asked for again from where it stood', () => {
    const { sub } = join(['E', 4])
    expect(advance(sub, 6)).toBe('again')
    expect(sub.cursor).toEqual(['E', 4])
  })
})

describe('the answer to a subscribe', () => {
  test('gives a fresh join its place', () => {
    const { sub, seen } = join()
    expect(onSubscribed(sub, null, false, ['E', 9])).toBe(true)
    expect(sub.cursor).toEqual(['E', 9])
    expect(seen).toEqual([])
  })

  test('that resumes changes nothing', () => {
    const { sub, seen } = join(['E', 9])
    expect(onSubscribed(sub, ['E', 9], true, ['E', 9])).toBe(true)
    expect(sub.cursor).toEqual(['E', 9])
    expect(seen).toEqual([])
  })

  test('that comes late, with a place already passed, changes nothing', () => {
    const { sub } = join(['E', 12])
    expect(onSubscribed(sub, null, false, ['E', 9])).toBe(true)
    expect(sub.cursor).toEqual(['E', 12])
  })

  test('that would skip events of the same epoch is asked again', () => {
    const { sub } = join(['E', 9])
    expect(onSubscribed(sub, null, false, ['E', 12])).toBe(false)
    expect(sub.cursor).toEqual(['E', 9])
  })

  test('of another epoch to a question without a cursor is asked again', () => {
    expect(onSubscribed(join(['E', 9]).sub, null, false, ['F', 0])).toBe(false)
  })

  test('of a channel without history that went on is a gap', () => {
    const { sub, seen } = join(['E', 9])
    expect(onSubscribed(sub, ['E', 9], false, ['E', 12])).toBe(true)
    expect(seen).toEqual([['gap', { reason: 'trimmed', missed: 3 }]])
    expect(sub.cursor).toEqual(['E', 12])
  })
})

describe('a gap', () => {
  test('that answers the cursor of now is reported once and moves it', () => {
    const { sub, seen } = join(['E', 9])
    expect(onGap(sub, ['E', 9], ['F', 2], 'epoch', null)).toBe(true)
    expect(sub.cursor).toEqual(['F', 2])
    expect(onGap(sub, ['E', 9], ['F', 2], 'epoch', null)).toBe(true)
    expect(seen).toEqual([['gap', { reason: 'epoch', missed: null }]])
  })

  test('that answers an older cursor is no gap of ours', () => {
    const { sub, seen } = join(['F', 5])
    expect(onGap(sub, ['E', 9], ['F', 2], 'epoch', null)).toBe(true)
    expect(onGap(sub, ['E', 9], ['F', 7], 'epoch', null)).toBe(false)
    expect(onGap(sub, ['E', 9], ['G', 1], 'epoch', null)).toBe(false)
    expect(seen).toEqual([])
    expect(sub.cursor).toEqual(['F', 5])
  })
})
