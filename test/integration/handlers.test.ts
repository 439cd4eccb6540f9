import { expect, onTestFinished, test, vi } from 'vitest'
import { collect, startClient, until } from '../support/client'
import { openChannels, startServer } from '../support/server'
import { setScene, stubPage } from './scene'

const transports = ['websocket', 'polling'] as const

test.each(transports)(
  'F51: a listener that throws or rejects gets each event once, is reported, and stops nobody (%s)',
  async (transport) => {
    const reported: unknown[] = []
    vi.stubGlobal('reportError', (error: unknown) => reported.push(error))
    onTestFinished(() => void vi.unstubAllGlobals())
    const { url, realtime } = await startServer()
    const client = startClient(url, { transports: [transport] })
    const room = client.channel('room:1')
    const thrower: number[] = []
    const seen = collect<number>()
    room.on('n', (n) => {
      thrower.push(n)
      throw new Error(`no ${n}`)
    })
    room.on('n', (n) => seen.push(n))
    await until(room, ({ status }) => status === 'joined')
    for (const n of [1, 2, 3]) await realtime.publish('room:1', 'n', n)
    expect(await seen.take(3)).toEqual([1, 2, 3])
    expect(thrower).toEqual([1, 2, 3])
    expect(reported.map(String)).toEqual(['Error: no 1', 'Error: no 2', 'Error: no 3'])
    expect(client.state.status).toBe('connected')
  },
)

test.each(transports)(
  'F53: an event that is too big is refused when it is published, and does no harm to the rest (%s)',
  async (transport) => {
    const { url, realtime } = await startServer()
    const client = startClient(url, { transports: [transport] })
    const room = client.channel('room:1')
    const seen = collect<number>()
    room.on('n', (n) => seen.push(n))
    await until(room, ({ status }) => status === 'joined')
    const big = { text: 'x'.repeat(70_000) }
    await expect(realtime.publish('room:1', 'message', big)).rejects.toMatchObject({ code: 'too_big' })
    await expect(room.publish('message', big)).rejects.toMatchObject({ code: 'too_big', outcome: 'rejected' })
    await realtime.publish('room:1', 'n', 1)
    expect(await seen.take(1)).toEqual([1])
  },
)

test.each([
  ['websocket', 'polling'],
  ['polling', 'websocket'],
] as const)('F54: a request that is asked by %s and answered by %s runs once', async (from, to) => {
  const tell = stubPage()
  let answer = (_: string) => {}
  const runs: string[] = []
  const begun = collect<void>()
  const room = openChannels['room:{id}']
  const slow = ({ idempotencyKey }: { idempotencyKey: string }) => {
    runs.push(idempotencyKey)
    begun.push()
    return new Promise<string>((resolve) => {
      answer = resolve
    })
  }
  const { proxy, client, by } = await setScene({
    server: { channels: { 'room:{id}': { ...room, requests: { ...room.requests, slow } } } },
    rules: from === 'polling' ? { upgrade: 403 } : {},
  })
  client.connect()
  await by(from)
  const reply = client.channel('room:1').request('slow', null)
  await begun.take(1)
  if (to === 'polling') {
    proxy.set({ upgrade: 403 })
    proxy.resetAll()
  } else {
    proxy.set({ upgrade: 'pass' })
    tell('online')
  }
  await by(to)
  answer('the one answer')
  expect(await reply).toBe('the one answer')
  expect(runs).toHaveLength(1)
})
