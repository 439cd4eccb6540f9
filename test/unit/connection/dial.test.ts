import { createDebug } from 'everwire/inspector'
import { describe, expect, test } from 'vitest'
import { setUp, welcome } from '../../support/harness'

const lost = { code: 1006, reason: '' }

describe('a dial', () => {
  test('starts WebSocket and one quick hello side by side; the first welcome wins, and WebSocket takes over', async () => {
    const { client, environment, websocket, polling, statuses, greet } = setUp()
    client.connect()
    await environment.advance(0)
    const [ws, http] = [await websocket.next(), await polling.next()]
    await greet(http)
    expect(client.state).toMatchObject({ status: 'connected', transport: 'polling' })
    expect(ws.over).toBe(false)
    await greet(ws)
    expect(client.state).toMatchObject({ status: 'connected', transport: 'websocket' })
    expect(http.over).toBe(true)
    expect(statuses).toEqual(['connecting', 'connected by polling', 'connected by websocket'])
  })

  test('gives up the quick hello when WebSocket is first', async () => {
    const { connect, polling } = setUp()
    await connect()
    expect(polling.all.map(({ over }) => over)).toEqual([true])
  })

  test('without the quick hello gives WebSocket 400 ms alone', async () => {
    const { client, environment, websocket, polling } = setUp({ quickHello: false })
    client.connect()
    await environment.advance(399)
    expect([websocket.all.length, polling.all.length]).toEqual([1, 0])
    await environment.advance(1)
    expect(polling.all.length).toBe(1)
  })

  test('goes on with long-polling at once when WebSocket is refused', async () => {
    const { client, environment, websocket, polling } = setUp({ quickHello: false })
    client.connect()
    await environment.advance(0)
    ;(await websocket.next()).refuse()
    await environment.advance(0)
    expect(polling.all.length).toBe(1)
  })

  test('that brings nothing for 10 s has failed', async () => {
    const { client, environment, statuses } = setUp()
    client.connect()
    await environment.advance(10_000)
    expect(statuses).toEqual(['connecting', 'waiting'])
    expect(client.state.error).toMatchObject({ code: 'handshake' })
  })

  test('asks auth once for both transports, and again for the next dial', async () => {
    let asked = 0
    const { client, environment, websocket, polling } = setUp({ auth: () => `token-${++asked}` })
    client.connect()
    await environment.advance(0)
    for (const dials of [websocket, polling]) (await dials.next()).refuse(lost)
    await environment.advance(0)
    expect(asked).toBe(1)
    client.connect()
    await environment.advance(0)
    expect(asked).toBe(2)
    const dial = await websocket.next()
    dial.accept()
    expect(dial.frames[0]).toMatchObject(['h', { t: 'token-2' }])
  })

  test('fails if auth throws, and is tried again', async () => {
    let asked = 0
    const { client, environment, websocket } = setUp({
      auth: () => {
        if (++asked === 1) throw new Error('no network')
        return 'token'
      },
    })
    client.connect()
    await environment.advance(0)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'auth_failed' } })
    await environment.advance(250)
    expect(websocket.all.length).toBe(1)
  })
})

test('a dial that was given up while auth was asked begins nothing', async () => {
  let answer = (_token: string) => {}
  const { client, environment, websocket } = setUp({
    auth: () =>
      new Promise<string>((resolve) => {
        answer = resolve
      }),
  })
  client.connect()
  await environment.advance(0)
  client.close()
  answer('token')
  await environment.advance(0)
  expect([websocket.all.length, environment.pending]).toEqual([0, 0])
})

describe('the way back to WebSocket', () => {
  async function onPolling() {
    const harness = setUp()
    const { client, environment, websocket, polling, greet } = harness
    client.connect()
    await environment.advance(0)
    const ws = await websocket.next()
    const http = await greet(await polling.next())
    ws.refuse()
    await environment.advance(0)
    return { ...harness, http }
  }

  test('is looked for after 2 s, then twice as long each time', async () => {
    const { environment, websocket } = await onPolling()
    for (const [i, ms] of [2_000, 4_000, 8_000, 16_000].entries()) {
      await environment.advance(ms - 1)
      expect(websocket.all.length).toBe(i + 1)
      await environment.advance(1)
      expect(websocket.all.length).toBe(i + 2)
      ;(await websocket.next()).refuse()
      await environment.advance(0)
    }
  })

  test('is not what a lost link is replaced by: both are dialled anew', async () => {
    const { environment, websocket, polling, http, statuses } = await onPolling()
    await environment.advance(2_000)
    expect(websocket.all.map(({ over }) => over)).toEqual([true, false])
    const before = polling.all.length
    http.drop()
    await environment.advance(150)
    expect(statuses.slice(-2)).toEqual(['waiting', 'connecting'])
    expect([websocket.all.length, polling.all.length]).toEqual([3, before + 1])
  })

  test('goes on when the link in use only had to prove itself', async () => {
    const { environment, websocket, http } = await onPolling()
    await environment.advance(2_000)
    environment.hint('wake')
    http.deliver(['o'])
    await environment.advance(1_000)
    expect(websocket.all.map(({ over }) => over)).toEqual([true, false])
  })

  test('is looked for at once when the network changes', async () => {
    const { environment, websocket, greet, client, http } = await onPolling()
    environment.hint('up')
    await environment.advance(0)
    expect(websocket.all.length).toBe(2)
    await greet(await websocket.next())
    expect(client.state.transport).toBe('websocket')
    expect(http.over).toBe(true)
  })
})

describe('trust', () => {
  /** Welcomed by WebSocket three times, cut a second later each time; then by long-polling. */
  async function distrustful() {
    const harness = setUp()
    const { client, environment, websocket, polling, greet } = harness
    client.connect()
    for (let i = 0; i < 3; i++) {
      while (websocket.all.length === i) await environment.advance(10)
      const dial = await greet(await websocket.next())
      await environment.advance(1_000)
      dial.drop(lost)
    }
    while (polling.all.at(-1)?.over !== false) await environment.advance(10)
    const onPolling = () => greet(polling.all.at(-1) as (typeof polling.all)[number])
    const http = await onPolling()
    /** Lets time pass on a link that has something to say. */
    async function pass(ms: number) {
      for (let passed = 0; passed < ms; passed += 10_000) {
        await environment.advance(Math.min(10_000, ms - passed))
        polling.all.at(-1)?.deliver(['i'])
      }
    }
    return { ...harness, http, onPolling, pass }
  }

  test('that is disappointed once more is lost for twice as long', async () => {
    const { client, environment, websocket, polling, greet, onPolling, pass } = await distrustful()
    await pass(60_000)
    expect(websocket.all.length).toBe(4)
    const dial = await greet(websocket.all.at(-1) as (typeof websocket.all)[number])
    expect(client.state.transport).toBe('websocket')
    await environment.advance(1_000)
    dial.drop(lost)
    while (polling.all.at(-1)?.over !== false) await environment.advance(10)
    await onPolling()
    await pass(119_000)
    expect(websocket.all.length).toBe(4)
    await pass(1_000)
    expect(websocket.all.length).toBe(5)
  })

  test('comes back with another network, and when long-polling leads nowhere either', async () => {
    const first = await distrustful()
    first.environment.hint('up')
    await first.environment.advance(0)
    expect(first.websocket.all.length).toBe(4)
    first.websocket.all.at(-1)?.refuse(lost)
    first.http.drop(lost)
    await first.environment.advance(250)
    expect(first.websocket.all.length).toBe(5)

    const second = await distrustful()
    second.http.drop(lost)
    while (second.polling.all.at(-1)?.over !== false) await second.environment.advance(10)
    expect(second.websocket.all.length).toBe(3)
    second.polling.all.at(-1)?.refuse(lost)
    await second.environment.advance(1_500)
    expect(second.websocket.all.length).toBe(4)
  })

  test('a WebSocket that is welcomed and dies young three times is not dialled first, until a minute has passed', async () => {
    const { client, environment, websocket, polling, greet } = setUp()
    client.connect()
    for (let i = 0; i < 3; i++) {
      await environment.advance(2_000)
      const dial = await greet(await websocket.next())
      await environment.advance(1_000)
      dial.drop(lost)
    }
    await environment.advance(2_000)
    expect(websocket.all.length).toBe(3)
    const http = polling.all.at(-1)
    if (http) await greet(http)
    expect(client.state).toMatchObject({ status: 'connected', transport: 'polling' })
    const wait = async (ms: number) => {
      await environment.advance(ms / 2)
      http?.deliver(['i'])
      await environment.advance(ms / 2)
      http?.deliver(['i'])
    }
    await wait(30_000)
    await wait(20_000)
    expect(websocket.all.length).toBe(3)
    await wait(12_000)
    expect(websocket.all.length).toBe(4)
  })

  test('a server that is away for everyone is not held against WebSocket', async () => {
    const { client, environment, websocket, polling, greet } = setUp()
    client.connect()
    for (let i = 0; i < 4; i++) {
      while (websocket.all.length === 2 * i) await environment.advance(100)
      ;(await websocket.next()).refuse(lost)
      polling.all.at(-1)?.refuse(lost)
      while (websocket.all.length === 2 * i + 1) await environment.advance(100)
      const dial = await greet(await websocket.next())
      expect(client.state.transport).toBe('websocket')
      await environment.advance(1_000)
      dial.drop(lost)
    }
  })

  test("after the server's goodbye only what worked is dialled, when it said", async () => {
    const { connect, client, environment, websocket, polling } = setUp()
    const dial = await connect()
    await environment.advance(6_000)
    dial.deliver(['b', 4001, 'restart', 3_000])
    await environment.advance(2_999)
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'restart' } })
    await environment.advance(1)
    expect([websocket.all.length, polling.all.length]).toEqual([2, 1])
  })

  test('one of thousands of clients knocks once: by what worked, and then with long-polling a second behind', async () => {
    const { connect, environment, websocket, polling } = setUp()
    const dial = await connect()
    dial.deliver(['i', 1_000]) // spread over a second
    await environment.advance(6_000)
    const before = polling.all.length
    dial.drop(lost)
    await environment.advance(1_000)
    expect([websocket.all.length, polling.all.length]).toEqual([2, before])
    ;(await websocket.next()).refuse(lost)
    while (websocket.all.length === 2) await environment.advance(1)
    await environment.advance(998)
    expect(polling.all.length).toBe(before)
    await environment.advance(2)
    expect(polling.all.length).toBe(before + 1)
    expect(websocket.all.length).toBe(3)
  })

  test('one of thousands that is refused twice finds out whether long-polling is let through with the third dial', async () => {
    const { connect, client, environment, websocket, polling } = setUp()
    const dial = await connect()
    dial.deliver(['i', 1_000])
    await environment.advance(6_000)
    const before = polling.all.length
    dial.drop(lost)
    for (const dials of [2, 3, 4]) {
      while (websocket.all.length < dials) await environment.advance(1)
      expect([client.state.attempt, polling.all.length]).toEqual([dials - 2, before])
      ;(await websocket.next()).refuse(lost)
      await environment.advance(0)
    }
    expect(polling.all.length).toBe(before + 1)
  })
})

describe('what the server says', () => {
  test('ends a dial at once: by another way it would say the same', async () => {
    const { client, environment, websocket, polling } = setUp({ quickHello: false, debug: createDebug() })
    const dialled: string[] = []
    client.debug?.((event) => event.type === 'dial' && dialled.push(event.transport))
    client.connect()
    await environment.advance(0)
    const dial = await websocket.next()
    dial.accept()
    await environment.advance(0)
    dial.deliver(['b', 4002, 'overloaded', 3_000])
    expect(client.state).toMatchObject({ status: 'waiting', error: { code: 'overloaded' } })
    expect(dialled).toEqual(['websocket'])
    await environment.advance(2_999)
    expect([websocket.all.length, polling.all.length]).toEqual([1, 0])
    await environment.advance(1)
    expect(websocket.all.length).toBe(2)

    await environment.advance(400)
    const next = await websocket.next()
    next.accept()
    await environment.advance(0)
    next.deliver(['b', 4506, 'kicked', null])
    expect(polling.all.map(({ over }) => over)).toEqual([true])
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'kicked' } })
  })

  test('keeps nobody away for more than five minutes', async () => {
    const { connect, environment, websocket } = setUp()
    const dial = await connect()
    await environment.advance(6_000)
    dial.deliver(['b', 4001, 'restart', 1e9])
    await environment.advance(299_999)
    expect(websocket.all.length).toBe(1)
    await environment.advance(1)
    expect(websocket.all.length).toBe(2)
  })

  test('a fatal word closes the client for good and settles its sends', async () => {
    const { connect, client, environment, websocket } = setUp()
    const dial = await connect()
    const sent = client.channel('room').publish('x', 1)
    dial.deliver(['b', 4506, 'kicked', null])
    await expect(sent).rejects.toMatchObject({ code: 'kicked' })
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'kicked' } })
    await environment.advance(100_000)
    expect(websocket.all.length).toBe(1)
    await expect(client.ready()).rejects.toMatchObject({ code: 'kicked' })
  })

  test('a refused token is asked for once more, then it is fatal', async () => {
    let asked = 0
    const { client, environment, websocket } = setUp({ transports: ['websocket'], auth: () => `token-${++asked}` })
    client.connect()
    for (let i = 0; i < 2; i++) {
      await environment.advance(250)
      const dial = await websocket.next()
      dial.accept()
      await environment.advance(0)
      dial.deliver(['b', 4501, 'unauthorized', null])
    }
    await environment.advance(0)
    expect(asked).toBe(2)
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'unauthorized' } })
  })

  test('a refused token is forgiven again after five seconds of health', async () => {
    const { connect, client, environment, websocket, greet } = setUp({ transports: ['websocket'] })
    let dial = await connect()
    for (const [ms, status] of [
      [5_000, 'waiting'],
      [5_000, 'waiting'],
      [4_999, 'closed'],
    ] as const) {
      await environment.advance(ms)
      dial.deliver(['b', 4501, 'unauthorized', null])
      expect(client.state.status).toBe(status)
      if (status === 'closed') return
      await environment.advance(250)
      dial = await greet(await websocket.next())
    }
  })

  test('a goodbye without end does not make the client loop hot', async () => {
    const { client, environment, websocket } = setUp({ transports: ['websocket'] })
    client.connect()
    await environment.advance(0)
    const times: number[] = []
    for (let passed = 0; passed < 10_000; passed += 10) {
      if (websocket.all.length > times.length) times.push(passed)
      const dial = websocket.all.at(-1)
      if (dial && !dial.over) {
        dial.accept()
        await environment.advance(0)
        dial.deliver(welcome, ['b', 4001, 'restart', 0])
      }
      await environment.advance(10)
    }
    expect(websocket.all.length).toBeLessThan(25)
    for (const [i, time] of times.slice(1).entries()) expect(time - (times[i] ?? 0)).toBeGreaterThanOrEqual(250)
  })
})
