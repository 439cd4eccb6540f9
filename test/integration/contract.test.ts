import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type } from 'arktype'
import { createClient, defineContract, EverwireError } from 'everwire'
import { createRealtime } from 'everwire/server'
import * as v from 'valibot'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { collect, until } from '../support/client'

const ofZod = defineContract({
  'room:{id}': {
    events: { message: z.object({ from: z.string(), text: z.string().max(20) }), count: z.number() },
    requests: { history: { input: z.object({ limit: z.number() }), output: z.array(z.string()) } },
  },
})
const ofValibot = defineContract({
  'room:{id}': {
    events: { message: v.object({ from: v.string(), text: v.pipe(v.string(), v.maxLength(20)) }), count: v.number() },
    requests: { history: { input: v.object({ limit: v.number() }), output: v.array(v.string()) } },
  },
})
const ofArktype = defineContract({
  'room:{id}': {
    events: { message: type({ from: 'string', text: 'string <= 20' }), count: type('number') },
    requests: { history: { input: type({ limit: 'number' }), output: type('string[]') } },
  },
})

describe.each([
  ['zod', ofZod],
  ['valibot', ofValibot as unknown as typeof ofZod],
  ['arktype', ofArktype as unknown as typeof ofZod],
])('a contract of %s', (_, contract) => {
  async function start(serverContract: typeof ofZod | null = contract, clientContract: typeof ofZod | null = contract) {
    const asked: unknown[] = []
    const errors: unknown[] = []
    const realtime = createRealtime({
      ...(serverContract && { contract: serverContract }),
      onError: (error) => errors.push(error),
      channels: {
        'room:{id}': {
          publish: ({ event, data }) => {
            asked.push(data)
            return event === 'count' && data === 13 ? 'not a number' : true
          },
          requests: { history: ({ input }) => (input.limit > 5 ? ([1, 2] as unknown as string[]) : ['a', 'b']) },
        },
      },
    })
    const server = createServer()
    realtime.attach(server, { path: '/realtime' })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      await realtime.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realtime`
    const client = createClient({ url, ...(clientContract && { contract: clientContract }) })
    onTestFinished(() => client.close())
    return { realtime, client, room: client.channel('room:1'), asked, errors }
  }

  test('lets through what fits, both ways', async () => {
    const { room, realtime, asked } = await start()
    const seen = collect<unknown>()
    room.on('message', seen.push)
    await room.publish('message', { from: 'ada', text: 'hi' })
    expect(await seen.take(1)).toEqual([{ from: 'ada', text: 'hi' }])
    expect(asked).toEqual([{ from: 'ada', text: 'hi' }])
    expect(await room.request('history', { limit: 2 })).toEqual(['a', 'b'])
    await realtime.publish('room:1', 'message', { from: 'system', text: 'welcome' })
    expect((await seen.take(2))[1]).toEqual({ from: 'system', text: 'welcome' })
  })

  test('stops what does not fit where it is sent, with the place, and sends nothing', async () => {
    const { room, client, asked } = await start()
    const wrong = { from: 'ada', text: 5 } as never
    const error = await room.publish('message', wrong).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(EverwireError)
    expect(error).toMatchObject({ code: 'invalid', outcome: 'rejected' })
    expect(String(error)).toContain('data.text')
    expect(() => room.publish('message', wrong, { volatile: true })).toThrow(/data\.text/)
    await expect(room.request('history', { limit: 'x' } as never)).rejects.toMatchObject({ code: 'invalid' })
    await expect(room.publish('nothing' as never, {} as never)).rejects.toMatchObject({ code: 'invalid' })
    expect(() => client.channel('lobby' as never)).toThrow(/lobby/)
    expect(asked).toEqual([])
  })

  test('stops on the server what a client without it sends, and tells where', async () => {
    const { room, asked } = await start(contract, null)
    await expect(room.publish('message', { from: 'eve', text: 'x'.repeat(21) })).rejects.toMatchObject({
      code: 'invalid',
      outcome: 'rejected',
      message: expect.stringContaining('data.text'),
    })
    await expect(room.request('history', {} as never)).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('data.limit'),
    })
    expect(asked).toEqual([])
  })

  test('never delivers what does not fit: it is said in the state, and the stream goes on', async () => {
    const { room, realtime, client } = await start(null, contract)
    const seen = collect<unknown>()
    room.on('message', seen.push)
    await until(room, ({ status }) => status === 'joined')
    const told = until(client, ({ error }) => error?.code === 'invalid')
    await realtime.publish('room:1', 'message', { from: 'server', text: 7 as never })
    await realtime.publish('room:1', 'message', { from: 'server', text: 'fits' })
    expect(await seen.take(1)).toEqual([{ from: 'server', text: 'fits' }])
    expect((await told).error?.message).toContain('data.text')
  })

  test("reports the server's own mistakes to the server, and not what they were to the client", async () => {
    const { room, realtime, errors } = await start()
    await expect(room.publish('count', 13)).rejects.toMatchObject({ code: 'refused' })
    await expect(room.request('history', { limit: 10 })).rejects.toMatchObject({ code: 'failed' })
    await expect(realtime.publish('room:1', 'count', 'x' as never)).rejects.toMatchObject({ code: 'invalid' })
    expect(errors.map(String).join()).toContain('contract')
  })
})

test('a server refuses rules for what the contract does not have', () => {
  expect(() => createRealtime({ contract: ofZod, channels: { 'other:{id}': {} } as never })).toThrow(/other/)
})

test('a validator that does not answer at once is told so', async () => {
  const slow = defineContract({ lab: { events: { e: z.string().refine(async () => true) } } })
  expect(() => slow.check('lab', 'event', 'e', 'x')).toThrow(/at once/)
})
