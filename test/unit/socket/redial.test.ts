import { describe, expect, test } from 'vitest'
import type { CloseInfo } from '../../../src/socket/options'
import { setUp } from './support'

describe('whether it dials again', () => {
  test.each([1002, 1003, 1007, 1008, 1010])('not after %s', async (code) => {
    const { socket, open, told, environment } = setUp()
    ;(await open()).close(code, 'because')
    expect(told()).toEqual(['1 open', `3 close ${code} because true`])
    expect(environment.pending).toBe(0)
    expect(environment.watchers).toBe(0)
    expect(socket.readyState).toBe(3)
  })

  test.each([1000, 1001, 1005, 1009, 1011, 1012, 1013, 1014, 3000, 4000, 4401, 4999])('after %s', async (code) => {
    const { open, told, environment } = setUp()
    ;(await open()).close(code)
    expect(told()).toEqual(['1 open', `0 close ${code} - true`])
    await environment.advance(250)
    await open()
    expect(told()).toEqual(['1 open'])
  })

  test('is for `retry` to say, which sees how it ended and how often', async () => {
    const asked: [CloseInfo, number][] = []
    const { dialled, told, environment } = setUp({
      retry(close, attempt) {
        asked.push([close, attempt])
        return attempt < 3
      },
    })
    for (const code of [1006, 1003, 1008]) {
      const dial = await dialled()
      if (code !== 1006) dial.accept()
      dial.close(code, 'why')
      await environment.advance(1_000)
    }
    expect(asked.map(([{ code, reason, wasClean }, attempt]) => [code, reason, wasClean, attempt])).toEqual([
      [1006, 'why', false, 1],
      [1003, 'why', true, 2],
      [1008, 'why', true, 3],
    ])
    expect(told().at(-1)).toBe('3 close 1008 why true')
  })

  test('is left to the default where `retry` returns nothing', async () => {
    const { socket, open, environment } = setUp({ retry: ({ code }) => (code === 4401 ? false : undefined) })
    ;(await open()).close(1011)
    await environment.advance(250)
    ;(await open()).close(1001)
    await environment.advance(500)
    ;(await open()).close(4401)
    expect(socket.readyState).toBe(3)
  })

  test('after as many ms as `retry` returns', async () => {
    const { open, environment, dials } = setUp({ retry: () => 7_000 })
    ;(await open()).close()
    await environment.advance(6_999)
    expect(dials.all).toHaveLength(1)
    await environment.advance(1)
    expect(dials.all).toHaveLength(2)
  })

  test('`retry: () => false` makes it a plain WebSocket: one attempt, one end', async () => {
    const { dialled, told, environment } = setUp({ retry: () => false })
    ;(await dialled()).close()
    expect(told()).toEqual(['3 error lost', '3 close 1006 - false'])
    expect(environment.pending).toBe(0)
  })
})

describe('when it dials again', () => {
  /** ms between the end of each attempt and the next dial. */
  async function waits(seed: number, count: number, options = {}) {
    const { dials, dialled, environment } = setUp({ seed, ...options })
    const found: number[] = []
    for (let i = 0; i < count; i++) {
      ;(await dialled()).close()
      const from = environment.now()
      while (dials.all.length < i + 2) await environment.advance(1)
      found.push(environment.now() - from)
    }
    return found
  }

  test('at a random moment below a bound that doubles up to the cap', async () => {
    const all = [await waits(1, 9), await waits(2, 9), await waits(3, 9)]
    for (const [i, bound] of [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 20_000, 20_000].entries()) {
      for (const one of all) {
        expect(one[i]).toBeGreaterThanOrEqual(50)
        expect(one[i]).toBeLessThanOrEqual(bound + 1)
      }
      expect(new Set(all.map((one) => one[i])).size).toBeGreaterThan(1)
    }
  })

  test('within the bounds it was given', async () => {
    const found = await waits(4, 6, { backoff: { base: 100, cap: 300 } })
    expect(Math.max(...found)).toBeLessThanOrEqual(301)
  })

  test('counts on through connections that do not hold', async () => {
    const { socket, open, environment } = setUp({ minUptime: 1_000 })
    for (let i = 1; i <= 4; i++) {
      const dial = await open()
      await environment.advance(999)
      dial.close()
      expect(socket.attempt).toBe(i)
      await environment.advance(5_000)
    }
  })

  test('counts anew after one that held', async () => {
    const { socket, open, environment } = setUp({ minUptime: 1_000 })
    ;(await open()).close()
    await environment.advance(250)
    const dial = await open()
    expect(socket.attempt).toBe(1)
    await environment.advance(1_000)
    dial.close()
    expect(socket.attempt).toBe(0)
  })

  test('stays below 1.5 s while a good connection was there not long ago', async () => {
    const { socket, open, dialled, environment, dials } = setUp()
    const good = await open()
    await environment.advance(5_000)
    good.close()
    const end = environment.now()
    while (environment.now() - end < 13_000) {
      const before = dials.all.length
      await environment.advance(1_500)
      expect(dials.all.length).toBeGreaterThan(before)
      while (dials.all.some(({ over }) => !over)) (await dialled()).close()
    }
    expect(socket.attempt).toBeGreaterThan(5)
  })
})

describe('hints of the platform', () => {
  test('a network that comes or a page that wakes cuts the wait short', async () => {
    for (const hint of ['up', 'wake'] as const) {
      const { open, environment, told } = setUp({ retry: () => 60_000 })
      ;(await open()).close()
      environment.hint(hint)
      await open()
      expect(told().at(-1)).toBe('1 open')
    }
  })

  test('a page that goes for good dials nothing', async () => {
    const { open, environment, dials } = setUp({ retry: () => 60_000 })
    ;(await open()).close()
    const before = dials.all.length
    environment.hint('gone')
    await environment.advance(100)
    expect(dials.all.length).toBe(before)
  })

  test('they give up a dial that was under way for a new one', async () => {
    const { dialled, open, environment, told } = setUp()
    const first = await dialled()
    environment.hint('up')
    await open()
    expect(first.over).toBe(true)
    expect(told()).toEqual(['1 open'])
  })

  test('a network that goes changes nothing by itself', async () => {
    const { open, environment, told } = setUp()
    const dial = await open()
    environment.hint('down')
    dial.deliver('still here')
    expect(told()).toEqual(['1 open', '1 message still here'])
  })

  test('without a network it looks for itself every 20 s', async () => {
    const { open, environment, dials } = setUp()
    const dial = await open()
    environment.hint('down')
    dial.close()
    await environment.advance(19_999)
    expect(dials.all).toHaveLength(1)
    await environment.advance(1)
    expect(dials.all).toHaveLength(2)
  })

  test('a closed socket hears none', async () => {
    const { socket, open, environment, dials } = setUp()
    await open()
    socket.close()
    await environment.advance(0)
    expect(environment.watchers).toBe(0)
    environment.hint('up')
    expect(dials.all).toHaveLength(1)
  })
})
