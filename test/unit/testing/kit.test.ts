import { EverwireError } from 'everwire'
import type { RealtimeOptions } from 'everwire/server'
import { createTestKit, type TestKitSettings } from 'everwire/testing'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'

interface Chat {
  'room:{id}': {
    events: { message: string; typing: string }
    requests: { double: (input: number) => number }
  }
}
interface User {
  id: string
}

/** A kit that ends with its test: users have names, and may do everything. */
function startKit(settings?: TestKitSettings, more: RealtimeOptions<Chat, User> = {}) {
  const kit = createTestKit<Chat, User>(
    {
      authenticate: ({ token }) => ({ id: String(token) }),
      channels: { 'room:{id}': { publish: () => true, requests: { double: ({ input }) => 2 * input } } },
      ...more,
    },
    settings,
  )
  onTestFinished(() => kit.close())

  /** Someone in room 1, and what they have heard. */
  async function join(name: string, options?: Parameters<typeof kit.client>[0]) {
    const client = kit.client({ auth: () => name, ...options })
    const room = client.channel('room:1')
    const heard: string[] = []
    const gaps: string[] = []
    room.on('message', (text) => heard.push(text))
    room.onGap(({ reason }) => gaps.push(reason))
    await kit.settle()
    return { client, room, heard, gaps }
  }
  const say = (text: string) => kit.server.publish('room:1', 'message', text)
  return { kit, join, say }
}

const overWebSocket = { status: 'connected', transport: 'websocket' }
const overPolling = { status: 'connected', transport: 'polling' }

describe('a kit', () => {
  test('connects, delivers and acknowledges while time stands still', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    expect(ada.client.state).toMatchObject(overWebSocket)
    await say('hi')
    expect(await kit.settle(ada.room.publish('message', 'ho'))).toEqual({ offset: 2, id: 1 })
    expect(await kit.settle(ada.room.request('double', 21))).toBe(42)
    expect(ada.heard).toEqual(['hi', 'ho'])
    expect(kit.now).toBe(0)
  })

  test('runs the same way each time, and another way with another seed', async () => {
    async function story(seed: number): Promise<string[]> {
      const lines: string[] = []
      const { kit, join, say } = startKit({ seed, trace: (line) => lines.push(line) })
      const { room } = await join('ada')
      kit.network.drop()
      await say('one')
      await kit.advance(5_000)
      kit.network.blockWebSocket()
      void room.publish('message', 'two')
      await kit.advance(5_000)
      return lines
    }
    const first = await story(1)
    expect(first.length).toBeGreaterThan(10)
    expect(await story(1)).toEqual(first)
    expect(await story(2)).not.toEqual(first)
  })

  test('shows with `trace` what goes over the wire', async () => {
    const lines: string[] = []
    const { join } = startKit({ trace: (line) => lines.push(line) })
    await join('ada')
    expect(lines.join('\n')).toMatch(/0 ms {2}client 1 > ws \["h",.*"room:1"/)
  })

  test('tells of a promise that needs time, and passes on what a settled one came to', async () => {
    const { kit, join } = startKit(undefined, { channels: { 'room:{id}': { publish: () => false } } })
    const { client, room } = await join('ada')
    const refused = await kit.settle(room.publish('message', 'hi')).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(EverwireError)
    expect(refused).toMatchObject({ code: 'forbidden', outcome: 'rejected' })
    kit.network.offline()
    await expect(kit.settle(room.publish('message', 'hi'))).rejects.toThrow('needs kit.advance(ms)')
    expect(client.state.pending).toBe(1)
  })

  test('begins on the date it is given', async () => {
    const { kit, join } = startKit({ date: Date.UTC(2030, 0, 1) })
    const { client } = await join('ada')
    kit.network.drop()
    await kit.settle()
    expect(new Date(client.state.retryAt ?? 0).getUTCFullYear()).toBe(2030)
  })

  test('takes no number of ms but one', async () => {
    const { kit } = startKit()
    await expect(kit.advance(Number.NaN)).rejects.toThrow(RangeError)
    await expect(kit.sleep(-1)).rejects.toThrow(RangeError)
    expect(() => kit.network.delay(Number.POSITIVE_INFINITY)).toThrow(RangeError)
  })

  test('is the real server: users are checked, and can be thrown out', async () => {
    const { kit, join } = startKit()
    const { client } = await join('ada')
    expect(kit.server.stats().connections).toMatchObject({ websocket: 1 })
    kit.server.kick({ user: 'ada' })
    await kit.settle()
    expect(client.state).toMatchObject({ status: 'closed', error: { code: 'kicked' } })
  })

  test('says what it is asked about a client that is not its own', () => {
    const { kit } = startKit()
    expect(() => kit.network.of(startKit().kit.client())).toThrow('not a client of this kit')
  })
})

describe('the network of a kit', () => {
  test('drops every connection; nothing is lost', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    kit.network.drop()
    await say('meanwhile')
    await kit.settle()
    expect(ada.client.state).toMatchObject({ status: 'waiting', error: { code: 'lost' } })
    await kit.advance(200)
    expect(ada.client.state).toMatchObject(overWebSocket)
    expect([ada.heard, ada.gaps]).toEqual([['meanwhile'], []])
  })

  test('goes dead without a word, which the heartbeat finds out', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    kit.network.halfOpen()
    await say('into the void')
    await kit.advance(20_000)
    expect(ada.client.state).toMatchObject(overWebSocket)
    expect(ada.heard).toEqual([])
    await kit.advance(20_000)
    expect([ada.heard, ada.gaps]).toEqual([['into the void'], []])
  })

  test('takes the time it is told', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    kit.network.delay(100)
    await say('slow')
    await kit.advance(99)
    expect(ada.heard).toEqual([])
    await kit.advance(1)
    expect(ada.heard).toEqual(['slow'])
  })

  test.each(['refuse', 'hang', 'silent'] as const)('lets no WebSocket through: %s', async (how) => {
    const { kit, join, say } = startKit()
    kit.network.blockWebSocket(how) // clients to come are blocked, too
    const ada = await join('ada')
    expect(ada.client.state).toMatchObject(overPolling)
    await kit.advance(1_000)
    await say('over HTTP')
    await kit.advance(100)
    expect(ada.heard).toEqual(['over HTTP'])
    kit.network.allowWebSocket()
    await kit.advance(30_000)
    expect(ada.client.state).toMatchObject(overWebSocket)
  })

  test('resets the WebSockets that are open when they are blocked', async () => {
    const { kit, join } = startKit()
    const { client } = await join('ada')
    kit.network.blockWebSocket()
    await kit.advance(1_000)
    expect(client.state).toMatchObject(overPolling)
  })

  test('is away, and comes back with everything that was waiting', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    kit.network.offline()
    await kit.settle()
    expect(ada.client.state.status).toBe('offline')
    await say('to ada')
    const sent = ada.room.publish('message', 'from ada')
    await kit.advance(60_000)
    expect(ada.client.state).toMatchObject({ status: 'offline', pending: 1 })
    kit.network.online()
    expect(await kit.settle(sent)).toMatchObject({ offset: 2 })
    expect(ada.heard).toEqual(['to ada', 'from ada'])
  })

  test('says that it is gone, as a browser does, to a client that would not have noticed', async () => {
    const { kit, join } = startKit()
    const { client } = await join('ada')
    kit.network.halfOpen()
    kit.network.offline()
    await kit.advance(10_000) // the heartbeat alone would take half a minute
    expect(client.state.status).toBe('offline')
  })

  test('fails for one and not for the other', async () => {
    const { kit, join, say } = startKit()
    const [ada, grace] = [await join('ada'), await join('grace')]
    kit.network.of(ada.client).offline()
    await say('hi')
    await kit.settle()
    expect([ada.heard, grace.heard]).toEqual([[], ['hi']])
    expect(ada.client.state.status).toBe('offline')
    kit.network.of(ada.client).online()
    await kit.settle()
    expect(ada.heard).toEqual(['hi'])
  })
})

describe('the server of a kit', () => {
  test('restarts with its memory, and nothing is lost', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    await say('before')
    await kit.settle()
    kit.server.restart()
    await say('after')
    await kit.advance(2_000)
    expect([ada.heard, ada.gaps]).toEqual([['before', 'after'], []])
  })

  test('restarts without its memory: one gap is reported', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    await say('before')
    await kit.settle()
    kit.server.restart({ memory: false })
    await say('lost')
    await kit.advance(2_000)
    await say('after')
    await kit.settle()
    expect([ada.heard, ada.gaps]).toEqual([['before', 'after'], ['epoch']])
  })

  test('dies without a word: its hooks are not told', async () => {
    const gone: string[] = []
    const { kit, join } = startKit(undefined, { onDisconnect: ({ user }) => gone.push(user.id) })
    const { client } = await join('ada')
    kit.server.restart()
    await kit.advance(60_000)
    expect(client.state).toMatchObject(overWebSocket)
    expect(gone).toEqual([])
    client.close()
    await kit.settle()
    expect(gone).toEqual(['ada'])
  })

  test('dies in the middle of a hook, which comes to nothing', async () => {
    let allow = (_: boolean) => {}
    const { kit, join } = startKit(undefined, {
      channels: {
        'room:{id}': {
          publish: () =>
            new Promise<boolean>((resolve) => {
              allow = resolve
            }),
        },
      },
    })
    const { client, room, heard } = await join('ada')
    const sent = room.publish('message', 'first try')
    await kit.settle()
    const allowFirst = allow
    kit.server.restart()
    await kit.advance(1_000)
    allowFirst(true)
    await kit.settle()
    // the next process cannot know what became of it in the one before
    await expect(sent).rejects.toMatchObject({ code: 'unknown', outcome: 'unknown' })
    expect([client.state.pending, heard]).toEqual([0, []])
    void room.publish('message', 'second try')
    await kit.settle()
    allow(true)
    await kit.settle()
    expect(heard).toEqual(['second try'])
  })

  test('says good-bye and when to come back', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    kit.server.restart({ drain: 5_000 })
    await kit.settle()
    expect(ada.client.state).toMatchObject({ status: 'waiting', error: { code: 'restart' } })
    await kit.advance(6_000)
    await say('new')
    await kit.settle()
    expect(ada.heard).toEqual(['new'])
    expect(ada.client.state).toMatchObject(overWebSocket)
  })

  test('is out of reach and goes on', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    kit.server.stop()
    await say('while it was out of reach')
    await kit.advance(10_000)
    expect(ada.client.state.status).not.toBe('connected')
    expect(ada.client.state.attempt).toBeGreaterThan(2)
    kit.server.start()
    await kit.advance(5_000)
    expect(ada.heard).toEqual(['while it was out of reach'])
  })

  test('is there alone while the machines of its clients sleep', async () => {
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    await say('good night')
    await kit.sleep(3_600_000)
    expect(kit.now).toBe(3_600_000)
    await say('good morning')
    await kit.advance(5_000)
    expect(ada.client.state).toMatchObject(overWebSocket)
    expect(ada.heard).toEqual(['good night', 'good morning'])
  })
})

describe('the end of a kit', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.unstubAllGlobals()
  })

  test('does without message channels, which jsdom has not', async () => {
    vi.stubGlobal('MessageChannel', undefined)
    const { join } = startKit()
    const { client } = await join('ada')
    expect(client.state).toMatchObject(overWebSocket)
  })

  test('closes its clients and its server', async () => {
    const { kit, join } = startKit()
    const { client, room } = await join('ada')
    kit.network.offline()
    const unsent = room.publish('message', 'never')
    await kit.close()
    await expect(unsent).rejects.toMatchObject({ code: 'closed', outcome: 'rejected' })
    expect(client.state.status).toBe('closed')
    expect(kit.server.stats().connections).toMatchObject({ websocket: 0, polling: 0 })
    expect(() => kit.client()).toThrow('closed')
    await kit.close()
  })

  test('leaves no timer behind, and needs none: fake timers do not stop it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'setImmediate', 'Date'] })
    const { kit, join, say } = startKit()
    const ada = await join('ada')
    await say('hi')
    kit.network.drop()
    await kit.advance(60_000)
    expect(ada.heard).toEqual(['hi'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
