import { describe, expect, test } from 'vitest'
import { setUp } from '../../support/harness'

const said = (frames: unknown[][], op: string) => frames.filter(([opcode]) => opcode === op).length

describe('a live link', () => {
  test('answers pings, and any frame counts as a sign of life', async () => {
    const { connect, environment, client } = setUp()
    const dial = await connect()
    for (let i = 1; i <= 4; i++) {
      await environment.advance(25_000)
      dial.deliver(['i'])
      expect(said(dial.frames, 'o')).toBe(i)
    }
    expect(client.state.status).toBe('connected')
  })

  test('that is silent for the heartbeat and 7 s is probed, and 3 s later dead, with a dial under way', async () => {
    const { connect, environment, client, websocket } = setUp()
    const dial = await connect()
    await environment.advance(31_999)
    expect(said(dial.frames, 'i')).toBe(0)
    await environment.advance(3_000)
    expect(said(dial.frames, 'i')).toBe(1)
    expect(client.state.status).toBe('connected')
    expect(websocket.all.length).toBe(2)
    await environment.advance(1)
    expect(client.state).toMatchObject({ status: 'connecting', error: { code: 'no_pong' } })
  })

  test('is probed on a hint; late, a dial starts beside it; later, it is dead and the dial goes on', async () => {
    const { connect, environment, client, websocket, greet } = setUp()
    const old = await connect()
    await environment.advance(6_000)
    old.deliver(['i'])
    environment.hint('wake')
    expect(said(old.frames, 'i')).toBe(1)
    await environment.advance(300)
    expect(websocket.all.length).toBe(2)
    expect(client.state.status).toBe('connected')
    await environment.advance(2_700)
    expect(client.state.status).toBe('connecting')
    await greet(await websocket.next())
    expect(client.state).toMatchObject({ status: 'connected', transport: 'websocket' })
    expect(old.over).toBe(true)
  })

  test('that answers the probe stays, and the dial beside it is given up', async () => {
    const { connect, environment, client, websocket } = setUp()
    const dial = await connect()
    environment.hint('wake')
    await environment.advance(300)
    dial.deliver(['o'])
    await environment.advance(5_000)
    expect(client.state.status).toBe('connected')
    expect(dial.over).toBe(false)
    expect(websocket.all.map(({ over }) => over)).toEqual([false, true])
  })

  test('by long-polling that answers the probe goes on looking for WebSocket', async () => {
    const { client, environment, websocket, polling, greet } = setUp()
    client.connect()
    await environment.advance(0)
    const http = await greet(await polling.next())
    ;(await websocket.next()).refuse()
    environment.hint('wake')
    await environment.advance(300)
    expect(websocket.all.length).toBe(2)
    http.deliver(['o'])
    expect(websocket.all.at(-1)?.over).toBe(true)
    await environment.advance(2_000)
    expect(websocket.all.length).toBe(3)
  })

  test('that fell silent out of character is probed after a second', async () => {
    const { connect, environment } = setUp()
    const dial = await connect()
    for (let i = 0; i < 20; i++) {
      await environment.advance(100)
      dial.deliver(['i'])
    }
    await environment.advance(999)
    expect(said(dial.frames, 'i')).toBe(0)
    await environment.advance(1)
    expect(said(dial.frames, 'i')).toBe(1)
    dial.deliver(['o']) // it has ended, that is all
    await environment.advance(20_000)
    expect(said(dial.frames, 'i')).toBe(1)
  })

  test('leaves nothing behind when auth closes the client in the middle of a suspicion', async () => {
    let asked = 0
    const { connect, environment, client } = setUp({
      auth() {
        if (++asked === 2) client.close()
        return undefined
      },
    })
    await connect()
    environment.hint('wake')
    await environment.advance(300)
    expect(client.state.status).toBe('closed')
    expect(environment.pending).toBe(0)
  })

  test('is probed once when an acknowledgement is overdue, and not again for a slow handler', async () => {
    const { connect, environment, client } = setUp()
    const dial = await connect()
    client.channel('room').publish('x', 1)
    await environment.advance(1_000)
    expect(said(dial.frames, 'i')).toBe(1)
    dial.deliver(['o'])
    await environment.advance(10_000)
    expect(said(dial.frames, 'i')).toBe(1)
    expect(client.state.status).toBe('connected')
  })

  test('is proved, not given up, when the machine slept', async () => {
    const { connect, environment, client } = setUp()
    const dial = await connect()
    environment.sleep(3_600_000, true)
    await environment.advance(0)
    expect(client.state.status).toBe('connected')
    expect(said(dial.frames, 'i')).toBe(1)
  })
})

describe('a client without a network', () => {
  test('says so, looks for itself every 20 s, and dials at once when one comes', async () => {
    const { client, environment, websocket, polling, statuses } = setUp()
    environment.hint('down')
    client.connect()
    await environment.advance(0)
    websocket.all.at(-1)?.refuse()
    polling.all.at(-1)?.refuse()
    await environment.advance(1)
    expect(client.state.status).toBe('offline')
    await environment.advance(20_000)
    expect(websocket.all.length).toBe(2)
    websocket.all.at(-1)?.refuse()
    polling.all.at(-1)?.refuse()
    await environment.advance(1)
    environment.hint('up')
    await environment.advance(0)
    expect(websocket.all.length).toBe(3)
    expect(statuses).toEqual(['connecting', 'offline', 'connecting', 'offline', 'connecting'])
  })

  test('leaves no timer and no listener behind when it is closed', async () => {
    const { connect, environment, client } = setUp()
    const dial = await connect()
    client.channel('room').on('x', () => {})
    await environment.advance(10)
    expect(environment.watchers).toBe(1)
    client.close()
    expect(dial.over).toBe(true)
    expect(said(dial.frames, 'x')).toBe(1)
    expect(environment.watchers).toBe(0)
    expect(environment.pending).toBe(0)
  })
})
