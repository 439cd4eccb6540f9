import { describe, expect, test } from 'vitest'
import { setUp } from './support'

const heartbeat = { send: 'ping', expect: 'pong', interval: 10_000, timeout: 2_000 }

describe('the heartbeat', () => {
  test('asks at its interval after each answer, and keeps the answers to itself', async () => {
    const { open, environment, told } = setUp({ heartbeat })
    const dial = await open()
    await environment.advance(9_999)
    expect(dial.sent).toEqual([])
    await environment.advance(1)
    expect(dial.sent).toEqual(['ping'])
    await environment.advance(1_000)
    dial.deliver('pong')
    await environment.advance(10_000)
    expect(dial.sent).toEqual(['ping', 'ping'])
    expect(told()).toEqual(['1 open'])
  })

  test('without an answer the connection is dead and replaced', async () => {
    const { open, environment, told } = setUp({ heartbeat })
    const first = await open()
    await environment.advance(11_999)
    expect(told()).toEqual(['1 open'])
    await environment.advance(1)
    expect(first.over).toBe(true)
    expect(told()).toEqual(['0 error no_pong', '0 close 1006 - false'])
    await environment.advance(250)
    await open()
    expect(told()).toEqual(['1 open'])
  })

  test('whatever arrives is a sign of life', async () => {
    const { open, environment, told } = setUp({ heartbeat })
    const dial = await open()
    await environment.advance(11_000)
    dial.deliver('data')
    await environment.advance(9_999)
    expect(told()).toEqual(['1 open', '1 message data'])
    expect(dial.sent).toEqual(['ping'])
  })

  test('traffic does not keep it from asking: there are servers that count', async () => {
    const { open, environment } = setUp({ heartbeat })
    const dial = await open()
    for (let i = 0; i < 10; i++) {
      await environment.advance(1_000)
      dial.deliver('data')
    }
    expect(dial.sent).toEqual(['ping'])
  })

  test('question and answer may be functions; without `expect` answers are messages', async () => {
    let n = 0
    const answers = {
      send: () => `ping ${++n}`,
      expect: (data: unknown) => String(data).startsWith('pong'),
      interval: 100,
    }
    const first = setUp({ heartbeat: answers })
    const dial = await first.open()
    await first.environment.advance(100)
    dial.deliver('pong 1')
    await first.environment.advance(100)
    expect(dial.sent).toEqual(['ping 1', 'ping 2'])
    expect(first.told()).toEqual(['1 open'])

    const second = setUp({ heartbeat: { send: 'ping' } })
    ;(await second.open()).deliver('pong')
    expect(second.told()).toEqual(['1 open', '1 message pong'])
  })

  test('asks every 25 s and waits for 10 s by default', async () => {
    const { open, environment, told } = setUp({ heartbeat: { send: 'ping' } })
    const dial = await open()
    await environment.advance(25_000)
    expect(dial.sent).toEqual(['ping'])
    await environment.advance(9_999)
    expect(told()).toEqual(['1 open'])
    await environment.advance(1)
    expect(told()).toEqual(['0 error no_pong', '0 close 1006 - false'])
  })

  test.each(['up', 'down', 'wake'] as const)(
    'asks at once when the platform hints "%s", but not twice',
    async (hint) => {
      const { open, environment, told } = setUp({ heartbeat })
      const dial = await open()
      environment.hint(hint)
      await environment.advance(1_500)
      environment.hint(hint)
      expect(dial.sent).toEqual(['ping'])
      await environment.advance(500)
      expect(told()).toEqual(['1 open', '0 error no_pong', '0 close 1006 - false'])
    },
  )

  test('a deadline that was slept through counts for nothing: it asks again', async () => {
    const { open, environment, told } = setUp({ heartbeat })
    const dial = await open()
    await environment.advance(10_000)
    environment.sleep(60_000, true)
    await environment.advance(0)
    expect(dial.sent).toEqual(['ping', 'ping'])
    dial.deliver('pong')
    await environment.advance(5_000)
    expect(told()).toEqual(['1 open'])
  })

  test('dies with its connection', async () => {
    const { socket, open, environment } = setUp({ heartbeat, retry: () => 30_000 })
    const dial = await open()
    dial.close()
    await environment.advance(20_000)
    expect(dial.sent).toEqual([])
    socket.close()
    await environment.advance(0)
    expect(environment.pending).toBe(0)
  })

  test('is not there unless it is asked for', async () => {
    const { open, environment } = setUp()
    await open()
    expect(environment.pending).toBe(0)
  })
})
