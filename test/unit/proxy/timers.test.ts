import { expect, test } from 'vitest'
import { createLag, createTimers } from '../../support/proxy/timers'

test('what is pushed with a shorter delay does not overtake', async () => {
  const timers = createTimers()
  const order: number[] = []
  let delay = 20
  const lag = createLag(timers, () => delay)
  lag.push(() => order.push(1))
  delay = 0
  await new Promise<void>((resolve) => {
    lag.push(() => {
      order.push(2)
      resolve()
    })
  })
  expect(order).toEqual([1, 2])
  lag.push(() => order.push(3))
  expect(order).toEqual([1, 2, 3])
})

test('nothing runs after clear()', async () => {
  const timers = createTimers()
  const ran: string[] = []
  timers.after(1, () => ran.push('cleared'))
  timers.clear()
  await new Promise<void>((resolve) => timers.after(5, resolve))
  expect(ran).toEqual([])
  expect(timers.size).toBe(0)
})
