import { describe, expect, test } from 'vitest'
import { createRandom } from '../../src/testing/random'
import { createScheduler } from '../../src/testing/scheduler'
import { afterPromises } from './drain'
import { runSeed } from './world'

/** How many schedules run here. `npm run simulate` runs any number of others. */
const schedules = 300
const batch = 50

describe('the real client and the real server, over a network that does its worst', () => {
  test.each(Array.from({ length: schedules / batch }, (_, i) => 1 + i * batch))(
    'keep every promise, seeds from %i on',
    async (from) => {
      const violations: string[] = []
      for (let seed = from; seed < from + batch; seed++) {
        const report = await runSeed(seed)
        for (const violation of report.violations)
          violations.push(`npm run simulate -- --seed ${seed} --trace   # ${violation}`)
      }
      expect(violations).toEqual([])
    },
  )

  test('do the same again for the same seed', async () => {
    for (const seed of [3, 5, 8]) {
      const [first, second] = [await runSeed(seed, { hash: true }), await runSeed(seed, { hash: true })]
      expect(first.events).toBeGreaterThan(100)
      expect(second).toEqual(first)
    }
  })

  test('do something else for another seed', async () => {
    expect((await runSeed(1, { hash: true })).hash).not.toBe((await runSeed(2, { hash: true })).hash)
  })
})

describe('virtual time', () => {
  test('runs events in the order of their time, and those of one time in the order they were asked for', async () => {
    const scheduler = createScheduler(afterPromises)
    const random = createRandom(1)
    const ran: number[] = []
    const asked = Array.from({ length: 500 }, (_, i) => ({ ms: random.int(0, 50), i }))
    for (const { ms, i } of asked) scheduler.after(ms, () => ran.push(i))
    await scheduler.run(100)
    const sorted = [...asked].sort((a, b) => a.ms - b.ms || a.i - b.i).map(({ i }) => i)
    expect(ran).toEqual(sorted)
  })

  test('lets every promise go on before the next event', async () => {
    const scheduler = createScheduler(afterPromises)
    const seen: string[] = []
    scheduler.after(1, () => {
      void (async () => {
        for (let i = 0; i < 20; i++) await undefined
        seen.push('promise')
      })()
    })
    scheduler.after(1, () => seen.push('next'))
    await scheduler.run(2)
    expect(seen).toEqual(['promise', 'next'])
  })

  test('stands still at the time it was run to', async () => {
    const scheduler = createScheduler(afterPromises)
    let late = false
    scheduler.after(10, () => {
      late = true
    })
    await scheduler.run(9)
    expect([scheduler.now, late]).toEqual([9, false])
  })
})
