import { describe, expect, test } from 'vitest'
import { setUp } from './support'

const refused = expect.objectContaining({ code: 'queue_full', outcome: 'rejected' })

describe('send() while open', () => {
  test.each<[string, unknown, unknown]>([
    ['text', 'text', 'text'],
    ['an empty text', '', ''],
    ['an ArrayBuffer', new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
    ['a view', new Uint8Array([1, 2]), new Uint8Array([1, 2])],
    ['a Blob', new Blob(['x']), new Blob(['x'])],
    ['a number, as its text', 42, '42'],
    ['null, as its text', null, 'null'],
    ['undefined, as its text', undefined, 'undefined'],
    ['an object, as its text', { toString: () => 'me' }, 'me'],
  ])('passes on %s', async (_, data, expected) => {
    const { socket, open } = setUp()
    const dial = await open()
    socket.send(data as string)
    expect(dial.sent).toEqual([expected])
  })
})

describe('send() while not open', () => {
  test('waits, in order, for the first connection', async () => {
    const { socket, open } = setUp()
    socket.send('1')
    socket.send(new Uint8Array([2]))
    const dial = await open()
    socket.send('3')
    expect(dial.sent).toEqual(['1', new Uint8Array([2]), '3'])
  })

  test('waits for the next connection', async () => {
    const { socket, open, environment } = setUp()
    const first = await open()
    first.close()
    socket.send('while away')
    await environment.advance(250)
    const second = await open()
    expect([first.sent, second.sent]).toEqual([[], ['while away']])
  })

  test('what open listeners send goes first: a login has to', async () => {
    const { socket, open } = setUp()
    socket.send('queued')
    socket.onopen = () => socket.send('login')
    expect((await open()).sent).toEqual(['login', 'queued'])
  })

  test('an open listener that closes the socket keeps the queue from being sent', async () => {
    const { socket, open } = setUp()
    socket.send('queued')
    socket.onopen = () => socket.close()
    expect((await open()).sent).toEqual([])
  })

  test('an open listener that reconnects leaves the queue to the next connection', async () => {
    const { socket, open, dials } = setUp()
    socket.send('queued')
    socket.addEventListener('open', () => dials.all.length < 2 && socket.reconnect())
    const [first, second] = [await open(), await open()]
    expect([first.sent, second.sent]).toEqual([[], ['queued']])
  })

  test('what was sent at once is never sent again: at most once', async () => {
    const { socket, open, environment } = setUp()
    const first = await open()
    socket.send('into the breaking connection')
    first.close()
    await environment.advance(250)
    expect((await open()).sent).toEqual([])
  })

  test('a connection that is closing already counts as not open', async () => {
    const { ReconnectingWebSocket, environment } = setUp()
    const sent: unknown[] = []
    const handlers: Record<string, (event: object) => void> = {}
    const inner = {
      readyState: 1,
      send: (data: unknown) => sent.push(data),
      close() {},
      addEventListener: (type: string, run: (event: object) => void) => {
        handlers[type] = run
      },
    }
    const socket = new ReconnectingWebSocket('ws://feed.test', [], {
      WebSocket: function WebSocket() {
        return inner
      } as never,
    })
    await environment.advance(0)
    handlers.open?.({})
    inner.readyState = 2
    socket.send('kept')
    expect(sent).toEqual([])
    expect(socket.bufferedAmount).toBe(4)
    socket.close()
    await environment.advance(3_000)
  })

  test('takes what a buffer holds at that moment', async () => {
    const { socket, open } = setUp()
    const pool = Buffer.from('abcdef')
    const bytes = new Uint8Array([1, 2, 3])
    socket.send(pool.subarray(1, 3))
    socket.send(bytes.subarray(1))
    socket.send(bytes.buffer)
    socket.send(new DataView(bytes.buffer, 1, 1))
    pool.fill(0)
    bytes.fill(0)
    const { sent } = await open()
    expect(sent.map((data) => [...new Uint8Array(data as unknown as ArrayBuffer)])).toEqual([
      [98, 99],
      [2, 3],
      [1, 2, 3],
      [2],
    ])
  })

  test('keeps a Blob a Blob', async () => {
    const { socket, open } = setUp()
    socket.send(new Blob(['x']))
    expect((await open()).sent).toEqual([expect.any(Blob)])
  })
})

describe('bufferedAmount', () => {
  test('counts what waits, in bytes', async () => {
    const { socket, open } = setUp()
    socket.send('é')
    socket.send(new Uint8Array(3))
    socket.send(new ArrayBuffer(4))
    socket.send(new Blob(['12345']))
    expect(socket.bufferedAmount).toBe(14)
    await open()
    expect(socket.bufferedAmount).toBe(0)
  })

  test('grows when it is too late, and never shrinks again, as on the platform', async () => {
    const { socket, environment } = setUp()
    socket.send('queued')
    socket.close()
    socket.send('late')
    await environment.advance(0)
    socket.send('later')
    expect(socket.bufferedAmount).toBe(15)
  })
})

describe('the queue', () => {
  test('refuses what is too much: 1,024 messages', () => {
    const { socket } = setUp()
    for (let i = 0; i < 1_024; i++) socket.send('x')
    expect(() => socket.send('x')).toThrow(refused)
    expect(socket.bufferedAmount).toBe(1_024)
  })

  test('refuses what is too much: a million bytes', () => {
    const { socket } = setUp()
    socket.send(new Uint8Array(999_999))
    expect(() => socket.send('xx')).toThrow(refused)
    socket.send('x')
    expect(() => socket.send('x')).toThrow(refused)
  })

  test('of none refuses at once', () => {
    const { socket } = setUp({ queue: { messages: 0 } })
    expect(() => socket.send('x')).toThrow(refused)
  })

  test('drops the oldest if it is told to, and says so', async () => {
    const dropped: unknown[] = []
    const { socket, open } = setUp({
      queue: { messages: 2, bytes: 10, policy: 'drop-oldest', dropped: (data) => dropped.push(data) },
    })
    for (const data of ['1', '2', '3', '123456789']) socket.send(data)
    expect(dropped).toEqual(['1', '2'])
    expect(socket.bufferedAmount).toBe(10)
    expect((await open()).sent).toEqual(['3', '123456789'])
  })

  test('refuses what would never fit, and drops nothing for it', async () => {
    const { socket, open } = setUp({ queue: { bytes: 4, policy: 'drop-oldest' } })
    socket.send('1234')
    expect(() => socket.send('12345')).toThrow(refused)
    expect((await open()).sent).toEqual(['1234'])
  })
})
