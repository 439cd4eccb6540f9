// What the Web Platform Tests check of `WebSocket`, as far as it does not take a network.
import { describe, expect, test } from 'vitest'
import { setUp } from './support'

const make = (...args: ConstructorParameters<ReturnType<typeof setUp>['ReconnectingWebSocket']>) => {
  const { ReconnectingWebSocket } = setUp()
  const socket = new ReconnectingWebSocket(...args)
  socket.close()
  return socket
}
const domException = (name: string) => expect.objectContaining({ name, constructor: DOMException })

describe('the constructor', () => {
  test.each([
    '',
    'feed',
    '/feed',
    'ftp://feed.test',
    'mailto:someone',
    'ws://',
    'ws://a b',
    'ws://feed.test/#',
    'ws://feed.test/#part',
  ])('refuses the URL "%s"', (url) => {
    expect(() => make(url)).toThrow(domException('SyntaxError'))
  })

  test.each([
    ['ws://feed.test', 'ws://feed.test/'],
    ['WSS://Feed.Test:443/a?b=c', 'wss://feed.test/a?b=c'],
    ['http://feed.test/', 'ws://feed.test/'],
    ['https://feed.test/', 'wss://feed.test/'],
  ])('takes %s as %s', (given, expected) => {
    expect(make(given).url).toBe(expected)
    expect(make(new URL(given)).url).toBe(expected)
  })

  test('takes a URL relative to the page', () => {
    const { ReconnectingWebSocket, environment } = setUp()
    environment.base = () => 'https://app.test/room/42?x#y'
    const socket = new ReconnectingWebSocket('../feed')
    socket.close()
    expect(socket.url).toBe('wss://app.test/feed')
  })

  test.each([
    [['chat', 'chat']],
    [['chat', 'Chat']],
    [['a', 'b', 'a']],
    [''],
    [['']],
    ['a b'],
    ['a,b'],
    ['é'],
    ['a/b'],
    ['{}'],
    ['a\u0000'],
  ])('refuses the protocols %j', (protocols) => {
    expect(() => make('ws://feed.test', protocols)).toThrow(domException('SyntaxError'))
  })

  test.each([[[]], ['chat'], [['chat', 'superchat']], ["!#$%&'*+-.^_`|~"]])('takes the protocols %j', (protocols) => {
    expect(make('ws://feed.test', protocols).protocol).toBe('')
  })

  test('begins in the state the standard says', () => {
    const { socket } = setUp()
    expect(socket).toMatchObject({
      readyState: 0,
      bufferedAmount: 0,
      extensions: '',
      protocol: '',
      binaryType: 'blob',
      onopen: null,
      onmessage: null,
      onerror: null,
      onclose: null,
    })
  })
})

describe('close()', () => {
  test.each([0, 999, 1001, 1005, 1006, 1015, 2999, 5000, 65_535, -1, Number.NaN])('refuses the code %s', (code) => {
    const { socket } = setUp()
    expect(() => socket.close(code)).toThrow(domException('InvalidAccessError'))
    expect(() => socket.reconnect(code)).toThrow(domException('InvalidAccessError'))
    expect(socket.readyState).toBe(0)
  })

  test.each([1000, 3000, 4999])('takes the code %s', (code) => {
    const { socket } = setUp()
    socket.close(code)
    expect(socket.readyState).toBe(2)
  })

  test('refuses a reason of more than 123 bytes', () => {
    const { socket } = setUp()
    expect(() => socket.close(1000, 'x'.repeat(124))).toThrow(domException('SyntaxError'))
    expect(() => socket.close(1000, 'é'.repeat(62))).toThrow(domException('SyntaxError'))
    socket.close(1000, `x${'é'.repeat(61)}`)
    expect(socket.readyState).toBe(2)
  })

  test('does nothing the second time, but its arguments are checked', async () => {
    const { socket, open, environment, told } = setUp()
    const dial = await open()
    socket.close(3000)
    socket.close(3001)
    await environment.advance(0)
    socket.close(3002)
    expect(dial.closedWith).toBe(3000)
    expect(told()).toEqual(['1 open', '3 close 3000 - true'])
    expect(() => socket.close(1)).toThrow(domException('InvalidAccessError'))
  })

  test('returns before its event', async () => {
    const { socket, told } = setUp()
    socket.close()
    expect(told()).toEqual([])
  })
})

describe('the interface', () => {
  test('has its constants on the class, its prototype and each socket, for reading', () => {
    const { socket, ReconnectingWebSocket } = setUp()
    for (const target of [ReconnectingWebSocket, ReconnectingWebSocket.prototype, socket]) {
      expect([target.CONNECTING, target.OPEN, target.CLOSING, target.CLOSED]).toEqual([0, 1, 2, 3])
    }
    expect(Object.getOwnPropertyDescriptor(ReconnectingWebSocket, 'OPEN')).toEqual({
      value: 1,
      enumerable: true,
      writable: false,
      configurable: false,
    })
  })

  test('has attributes that cannot be written', () => {
    const { socket } = setUp()
    for (const name of ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'] as const) {
      const before = socket[name]
      expect(() => Object.assign(socket, { [name]: 'changed' })).toThrow(TypeError)
      expect(socket[name]).toBe(before)
    }
  })

  test('is an EventTarget that calls itself a WebSocket', () => {
    const { socket } = setUp()
    expect(socket).toBeInstanceOf(EventTarget)
    expect(Object.prototype.toString.call(socket)).toBe('[object WebSocket]')
  })

  test('keeps what binaryType may be, ignores what it may not, and hands it to each connection', async () => {
    const { socket, open, environment } = setUp()
    const data: unknown[] = []
    socket.onmessage = (event) => data.push(event.data)
    socket.binaryType = 'nonsense' as never
    expect(socket.binaryType).toBe('blob')
    const first = await open()
    first.deliver(new Uint8Array([1]))
    socket.binaryType = 'arraybuffer'
    first.deliver(new Uint8Array([2]))
    first.close()
    await environment.advance(250)
    ;(await open()).deliver(new Uint8Array([3]))
    expect(data).toEqual([expect.any(Blob), new Uint8Array([2]).buffer, new Uint8Array([3]).buffer])
  })

  test('has the protocol the server chose, of the connection there is', async () => {
    const { socket, open } = setUp({ protocols: ['chat', 'other'] })
    const dial = await open()
    expect(socket.protocol).toBe('chat')
    dial.close()
    expect(socket.protocol).toBe('')
  })

  test('can be extended', async () => {
    const { ReconnectingWebSocket, dials, environment } = setUp()
    class JsonSocket extends ReconnectingWebSocket {
      override send(value: unknown) {
        super.send(JSON.stringify(value))
      }
    }
    await dials.next()
    const socket = new JsonSocket('ws://feed.test')
    await environment.advance(0)
    const dial = await dials.next()
    dial.accept()
    socket.send({ a: 1 })
    socket.close()
    await environment.advance(0)
    expect(dial.sent).toEqual(['{"a":1}'])
  })
})

describe('events', () => {
  test('are those of the platform where it has them', async () => {
    const { socket, open } = setUp()
    const events: Event[] = []
    for (const type of ['open', 'message', 'error', 'close'])
      socket.addEventListener(type, (event) => events.push(event))
    const dial = await open()
    dial.deliver('x')
    dial.close()
    expect(events.map(({ type }) => type)).toEqual(['open', 'message', 'error', 'close'])
    expect(events[1]).toBeInstanceOf(MessageEvent)
    if (typeof CloseEvent === 'function') expect(events[3]).toBeInstanceOf(CloseEvent)
    for (const { target, bubbles, cancelable } of events) {
      expect(target === socket).toBe(true)
      expect([bubbles, cancelable]).toEqual([false, false])
    }
  })

  test('reach handlers and listeners, once, with the socket as this and target', async () => {
    const { socket, open } = setUp()
    const seen: unknown[] = []
    socket.onopen = function (event) {
      seen.push(this, event.target)
    }
    socket.onopen = function (event) {
      seen.push(this, event.currentTarget)
    }
    socket.addEventListener('open', { handleEvent: ({ target }) => seen.push(target) }, { once: true })
    await open()
    expect(seen).toEqual([socket, socket, socket])
  })

  test.each([null, undefined, 5, 'text', {}])('a handler may be set to %s: there is none', async (handler) => {
    const { socket, open, told } = setUp()
    socket.onopen = () => told()
    socket.onopen = handler as never
    await open()
    expect(told()).toEqual(['1 open'])
  })

  test('removed listeners hear nothing', async () => {
    const { socket, open } = setUp()
    const seen: Event[] = []
    const listener = (event: Event) => seen.push(event)
    socket.addEventListener('open', listener)
    socket.removeEventListener('open', listener)
    await open()
    expect(seen).toEqual([])
  })

  test('a message has the origin that its connection reports', async () => {
    const { socket, open } = setUp()
    const origins: string[] = []
    socket.onmessage = ({ origin }) => origins.push(origin)
    ;(await open()).deliver('x')
    expect(origins).toEqual([''])
  })
})
