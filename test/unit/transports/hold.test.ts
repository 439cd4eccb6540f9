import { expect, test } from 'vitest'
import { createHold } from '../../../src/transports/hold'
import { createFakeClock } from '../../support/fake-clock'

function setup() {
  const hold = createHold(createFakeClock())
  const ask = (times: number) => Array.from({ length: times }, hold.next)
  return { hold, ask, longest: (times: number) => Math.max(...ask(times)) }
}

test('a poll is held for 25 s, less up to 10 % so that clients do not ask in step', () => {
  const asked = setup().ask(500)
  expect(Math.max(...asked)).toBeLessThanOrEqual(25_000)
  expect(Math.max(...asked)).toBeGreaterThan(24_500)
  expect(Math.min(...asked)).toBeGreaterThanOrEqual(22_500)
  expect(Math.min(...asked)).toBeLessThan(23_000)
})

test('polls that are cut after the same time twice are asked to end before it', () => {
  const { hold, longest } = setup()
  hold.cut(20_000)
  expect(hold.next()).toBeGreaterThan(20_000)
  hold.cut(20_300)
  expect(longest(5)).toBeLessThan(20_000 * 0.9)
})

test('polls that die at random times are not asked to be shorter', () => {
  const { hold, longest } = setup()
  for (const ms of [20_000, 3_000, 12_000, 8_000]) hold.cut(ms)
  expect(longest(20)).toBeGreaterThan(22_500)
})

test('a network that refuses at once teaches nothing', () => {
  const { hold, longest } = setup()
  for (let i = 0; i < 10; i++) hold.cut(5)
  expect(longest(20)).toBeGreaterThan(22_500)
})

test('a hold is never shorter than 2 s by more than its jitter', () => {
  const { hold } = setup()
  for (let i = 0; i < 4; i++) hold.cut(2_100)
  expect(hold.next()).toBeGreaterThanOrEqual(1_800)
})

test('it grows again, slowly, for networks change', () => {
  const { hold, ask } = setup()
  hold.cut(10_000)
  hold.cut(10_000)
  expect(Math.max(...ask(10))).toBeLessThan(10_000)
  expect(Math.max(...ask(200))).toBeGreaterThan(22_500)
})
