import { expect, test } from 'vitest'
import { createHold } from '../../../src/transports/hold'
import { createFakeClock } from '../../support/fake-clock'

function setup() {
  const hold = createHold(createFakeClock())
  const ask = (times: number) => Array.from({ length: times }, () => hold.next(false))
  return { hold, ask, longest: (times: number) => Math.max(...ask(times)) }
}

test('a poll is held for 25 s, less up to 10 % so that clients do not ask in step', () => {
  const asked = setup().ask(500)
  expect(Math.max(...asked)).toBeLessThanOrEqual(25_000)
  expect(Math.max(...asked)).toBeGreaterThan(24_500)
  expect(Math.min(...asked)).toBeGreaterThanOrEqual(22_500)
  expect(Math.min(...asked)).toBeLessThan(23_000)
})

test('after one that was cut, polls are asked to end sooner', () => {
  const { hold, longest } = setup()
  hold.cut(20_000)
  expect(longest(4)).toBeLessThan(20_000)
})

test('a network that refuses at once teaches nothing', () => {
  const { hold, longest } = setup()
  for (let i = 0; i < 10; i++) hold.cut(5)
  expect(longest(20)).toBeGreaterThan(22_500)
})

test('the one after a lost one is short, whatever was learned', () => {
  const { hold } = setup()
  expect(hold.next(true)).toBe(2_000)
  hold.cut(20_000)
  expect(hold.next(true)).toBe(2_000)
})

test('cuts may come as soon as they like: polls stay longer than a second', () => {
  const { hold, ask } = setup()
  for (let i = 0; i < 4; i++) hold.cut(2_100)
  expect(Math.min(...ask(1))).toBeGreaterThan(1_000)
})

test('it grows again, for networks change', () => {
  const { hold, longest } = setup()
  hold.cut(2_500)
  expect(longest(1)).toBeLessThan(2_500)
  expect(longest(90)).toBeGreaterThan(22_500)
})
