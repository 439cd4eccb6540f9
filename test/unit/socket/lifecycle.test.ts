import { describe, expect, test } from 'vitest'
import { setUp } from './support'

describe('the life of a socket', () => {
  test('opens, delivers, and closes as the platform does', async () => {
    const { socket, told, open, environment } = setUp()
    expect(socket.readyState).toBe(socket.CONNECTING)
    const dial = await open()
    expect(dial.url).toBe('wss://feed.test/ticker')
    dial.deliver('hello')
    socket.send('hi')
    expect(dial.sent).toEqual(['hi'])
    socket.close(3000, 'bye')
    expect(socket.readyState).toBe(socket.CLOSING)
    dial.deliver('too late')
    await environment.advance(0)
    expect(dial.closedWith).toBe(3000)
    expect(told()).toEqual(['1 open', '1 message hello', '3 close 3000 - true'])
    expect(environment.pending).toBe(0)
    expect(environment.watchers).toBe(0)
  })

  test('a connection that breaks is replaced; between the two the socket is connecting', async () => {
    const { socket, told, open, environment } = setUp()
    const first = await open()
    first.close()
    expect(socket.readyState).toBe(socket.CONNECTING)
    expect(told()).toEqual(['1 open', '0 error lost', '0 close 1006 - false'])
    await environment.advance(250)
    const second = await open()
    second.deliver('again')
    expect(told()).toEqual(['1 open', '1 message again'])
  })

  test('a connection that broke ends with 1006, whatever the platform calls it', async () => {
    const { told, open } = setUp()
    const first = await open()
    first.close(0)
    expect(told()).toEqual(['1 open', '0 error lost', '0 close 1006 - false'])
  })

  test('an attempt that fails is told as the platform tells it: error, then close', async () => {
    const { told, dialled, environment } = setUp()
    const first = await dialled()
    first.close()
    expect(told()).toEqual(['0 error lost', '0 close 1006 - false'])
    await environment.advance(250)
    ;(await dialled()).accept()
    expect(told()).toEqual(['1 open'])
  })

  test('what an abandoned connection still says is not heard', async () => {
    const { socket, told, open } = setUp()
    const first = await open()
    socket.reconnect()
    const second = await open()
    first.deliver('late')
    first.close(1001)
    second.deliver('right')
    expect(told()).toEqual(['1 open', '0 close 1000 - true', '1 open', '1 message right'])
  })

  test('a dial that does not open in time is given up', async () => {
    const { told, dialled, environment } = setUp({ connectTimeout: 3_000 })
    const first = await dialled()
    await environment.advance(2_999)
    expect(told()).toEqual([])
    await environment.advance(1)
    expect(first.over).toBe(true)
    expect(told()).toEqual(['0 error handshake', '0 close 1006 - false'])
    first.accept()
    expect(told()).toEqual([])
  })

  test('close() while it waits ends it, told as a failure as on the platform', async () => {
    const { socket, told, open, environment, dials } = setUp()
    ;(await open()).close()
    told()
    socket.close()
    expect(socket.readyState).toBe(socket.CLOSING)
    await environment.advance(0)
    expect(told()).toEqual(['3 error closed', '3 close 1006 - false'])
    await environment.advance(60_000)
    expect(dials.all).toHaveLength(1)
    expect(environment.watchers).toBe(0)
  })

  test('close() while it dials ends it in the same way', async () => {
    const { socket, told, dialled, environment } = setUp()
    const dial = await dialled()
    socket.close()
    await environment.advance(0)
    expect(dial.over).toBe(true)
    expect(told()).toEqual(['3 error lost', '3 close 1006 - false'])
  })

  test('close() before the URL is known dials nothing', async () => {
    const { socket, told, environment, dials } = setUp({ url: async () => 'wss://feed.test/' })
    socket.close()
    await environment.advance(0)
    expect(dials.all).toEqual([])
    expect(told()).toEqual(['3 error closed', '3 close 1006 - false'])
  })

  test.each(['opens', 'was open'])(
    'a goodbye that nobody answers is not waited for: the connection %s',
    async (when) => {
      const { ReconnectingWebSocket, environment } = setUp()
      const handlers: Record<string, (event: object) => void> = {}
      const deaf = {
        readyState: 1,
        close() {},
        addEventListener: (type: string, run: (event: object) => void) => {
          handlers[type] = run
        },
      }
      const socket = new ReconnectingWebSocket('ws://deaf.test', [], {
        WebSocket: function WebSocket() {
          return deaf
        } as never,
      })
      await environment.advance(0)
      if (when === 'was open') handlers.open?.({})
      socket.close()
      if (when === 'opens') handlers.open?.({})
      expect(socket.readyState).toBe(2)
      await environment.advance(3_000)
      expect(socket.readyState).toBe(3)
    },
  )

  test('a listener may close the socket while it hears of the end of a connection', async () => {
    const { socket, open, environment, dials } = setUp()
    socket.onclose = () => socket.close()
    ;(await open()).close()
    await environment.advance(60_000)
    expect(socket.readyState).toBe(3)
    expect(dials.all).toHaveLength(1)
  })

  test('Symbol.dispose closes it', async () => {
    const { socket, open, environment } = setUp()
    const dial = await open()
    socket[Symbol.dispose]()
    await environment.advance(0)
    expect(dial.over).toBe(true)
    expect(socket.readyState).toBe(3)
  })
})

describe('reconnect()', () => {
  test('cuts a wait short', async () => {
    const { socket, open, told } = setUp()
    ;(await open()).close()
    socket.reconnect()
    await open()
    expect(told().at(-1)).toBe('1 open')
  })

  test('replaces the connection there is, with the code it is given', async () => {
    const { socket, open, told } = setUp()
    const first = await open()
    socket.reconnect(3001, 'new token')
    expect(first.closedWith).toBe(3001)
    await open()
    expect(told()).toEqual(['1 open', '0 close 3001 new token true', '1 open'])
  })

  test('gives up a dial for a new one, without a word', async () => {
    const { socket, dialled, open, told } = setUp()
    const first = await dialled()
    socket.reconnect()
    await open()
    expect(first.over).toBe(true)
    expect(told()).toEqual(['1 open'])
  })

  test('opens a closed socket again', async () => {
    const { socket, open, environment, told } = setUp()
    await open()
    socket.close()
    await environment.advance(0)
    expect(told()).toEqual(['1 open', '3 close 1005 - true'])
    socket.reconnect()
    expect(socket.readyState).toBe(0)
    await open()
    expect(told()).toEqual(['1 open'])
  })

  test('overtakes a goodbye that is under way', async () => {
    const { socket, open, told, environment } = setUp()
    await open()
    socket.close()
    socket.reconnect()
    await open()
    await environment.advance(10_000)
    expect(told()).toEqual(['1 open', '3 close 1000 - true', '1 open'])
  })
})

describe('URL, protocols and WebSocket', () => {
  test('are asked for before each attempt', async () => {
    let ticket = 0
    const { socket, open, environment } = setUp({
      url: async () => `https://feed.test/?ticket=${++ticket}`,
      protocols: () => [`v${ticket}`, 'any'],
    })
    expect(socket.url).toBe('')
    const first = await open()
    expect([first.url, first.protocols]).toEqual(['wss://feed.test/?ticket=1', ['v1', 'any']])
    expect([socket.url, socket.protocol]).toEqual(['wss://feed.test/?ticket=1', 'v1'])
    first.close()
    await environment.advance(250)
    const second = await open()
    expect([second.url, second.protocols]).toEqual(['wss://feed.test/?ticket=2', ['v2', 'any']])
  })

  test('may be promises', async () => {
    const { open } = setUp({ url: Promise.resolve('ws://feed.test/'), protocols: Promise.resolve('chat') })
    const { url, protocols } = await open()
    expect([url, protocols]).toEqual(['ws://feed.test/', 'chat'])
  })

  test.each([
    [
      'throws',
      () => {
        throw new Error('no ticket')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no ticket'))],
    ['returns no URL', () => 'mailto:someone'],
  ])('a function that %s is a failed attempt, and asked again', async (_, broken) => {
    let asked = 0
    const { told, open, environment } = setUp({ url: () => (asked++ === 0 ? broken() : 'ws://feed.test/') })
    await environment.advance(0)
    expect(told()).toEqual([expect.stringMatching(/^0 error /), '0 close 1006 - false'])
    await environment.advance(250)
    await open()
    expect(told()).toEqual(['1 open'])
  })

  test('the error event has the error behind it', async () => {
    const { socket, environment } = setUp({ url: () => Promise.reject(new Error('no ticket')) })
    const errors: Event[] = []
    socket.onerror = (event) => errors.push(event)
    await environment.advance(0)
    expect(errors[0]).toMatchObject({ type: 'error', message: 'no ticket', error: new Error('no ticket') })
  })

  test('a URL that takes too long is a failed attempt', async () => {
    const { told, environment, dials } = setUp({ url: () => new Promise(() => {}), connectTimeout: 1_000 })
    await environment.advance(1_000)
    expect(told()).toEqual(['0 error handshake', '0 close 1006 - false'])
    expect(dials.all).toEqual([])
  })

  test('the option WebSocket goes before that of the platform', async () => {
    const seen: unknown[] = []
    const { environment, dials } = setUp({
      WebSocket: class {
        constructor(...args: unknown[]) {
          seen.push(args)
          throw new Error('enough')
        }
      } as never,
    })
    await environment.advance(0)
    expect(seen).toEqual([['wss://feed.test/ticker', []]])
    expect(dials.all).toEqual([])
  })

  test('a platform without WebSocket is a failed attempt', async () => {
    const { told, environment } = setUp({ WebSocket: undefined })
    environment.webSocket = () => undefined
    await environment.advance(0)
    expect(told()).toEqual(['0 error no_websocket', '0 close 1006 - false'])
  })
})
