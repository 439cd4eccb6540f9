import { describe, expect, test } from 'vitest'
import { setUp } from './support'

describe('messages()', () => {
  test('goes on over connections, and ends with the socket', async () => {
    const { socket, open, environment } = setUp()
    const read: unknown[] = []
    const reading = (async () => {
      for await (const data of socket.messages()) read.push(data)
    })()
    const first = await open()
    first.deliver('1')
    first.deliver('2')
    first.close()
    await environment.advance(250)
    ;(await open()).deliver('3')
    socket.close()
    await environment.advance(0)
    await reading
    expect(read).toEqual(['1', '2', '3'])
  })

  test('begins when it is asked for, and keeps what comes until it is read', async () => {
    const { socket, open } = setUp()
    const dial = await open()
    dial.deliver('before')
    const messages = socket.messages()
    dial.deliver('1')
    dial.deliver('2')
    expect(await messages.next()).toEqual({ value: '1', done: false })
    expect(await messages.next()).toEqual({ value: '2', done: false })
    await messages.return?.()
  })

  test('ends when the signal aborts, and the socket lives on', async () => {
    const { socket, open } = setUp()
    const abort = new AbortController()
    const next = socket.messages({ signal: abort.signal }).next()
    const dial = await open()
    abort.abort()
    expect(await next).toEqual({ value: undefined, done: true })
    dial.deliver('x')
    expect(socket.readyState).toBe(1)
  })

  test('ends at once where nothing will come', async () => {
    const { socket, environment } = setUp()
    socket.close()
    await environment.advance(0)
    expect(await socket.messages().next()).toEqual({ value: undefined, done: true })
    const aborted = socket.messages({ signal: AbortSignal.abort() })
    expect(await aborted.next()).toEqual({ value: undefined, done: true })
  })

  test('throws overflow when more than 1,000 wait, after those', async () => {
    const { socket, open } = setUp()
    const messages = socket.messages()
    const dial = await open()
    for (let i = 0; i <= 1_000; i++) dial.deliver(String(i))
    for (let i = 0; i < 1_000; i++) expect(await messages.next()).toEqual({ value: String(i), done: false })
    await expect(messages.next()).rejects.toMatchObject({ code: 'overflow' })
    expect(await messages.next()).toEqual({ value: undefined, done: true })
  })

  test('two readers each get all of it', async () => {
    const { socket, open } = setUp()
    const [a, b] = [socket.messages(), socket.messages()]
    ;(await open()).deliver('x')
    expect([await a.next(), await b.next()]).toEqual([
      { value: 'x', done: false },
      { value: 'x', done: false },
    ])
  })
})
