import { createHook } from 'node:async_hooks'
import { expect, onTestFinished, test, vi } from 'vitest'
import { setUp } from '../support/harness'

const count = 100

/** Promises made by what runs. */
function promisesOf(run: () => void): number {
  let made = 0
  const hook = createHook({
    init(_, type) {
      if (type === 'PROMISE') made++
    },
  })
  hook.enable()
  run()
  hook.disable()
  return made
}

test('a hundred sends of one turn are one message, two promises each, and one new state for who watches', async () => {
  const { client, connect, environment } = setUp({ transports: ['websocket'] })
  const dial = await connect()
  const room = client.channel('room')
  const states: number[] = []
  client.watch(({ pending }) => states.push(pending))
  const before = dial.sent.length
  const freeze = vi.spyOn(Object, 'freeze')
  onTestFinished(() => freeze.mockRestore())

  const made = promisesOf(() => {
    for (let i = 0; i < count; i++) void room.publish('x', i)
  })
  // the outcome, and that nobody has to take a failure
  expect(made).toBe(2 * count)
  expect(freeze).not.toHaveBeenCalled()
  expect(client.state.pending).toBe(count)
  await environment.advance(0)
  expect([dial.sent.length - before, states]).toEqual([1, [count]])

  freeze.mockClear()
  dial.deliver(['k', ...Array.from({ length: count }, (_, i) => [i + 1, i + 1]).flat()] as unknown as [
    'k',
    number,
    number,
  ])
  expect(freeze).not.toHaveBeenCalled()
  await environment.advance(0)
  expect(states).toEqual([count, 0])
})
