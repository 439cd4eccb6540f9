import { describe, expect, test } from 'vitest'
import { startClient } from '../support/client'
import { openChannels, startServer } from '../support/server'
import { setScene, stubPage } from './scene'

function gate() {
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open }
}

describe('F16: a request that is delayed until the client has gone on by WebSocket', () => {
  async function delayed() {
    const tell = stubPage()
    const { opened, open } = gate()
    const scene = await setScene({ rules: { upgrade: 403 } })
    const { proxy, client, by, server } = scene
    client.connect()
    await by('polling')
    return {
      ...scene,
      room: client.channel('room:1'),
      hold: () => proxy.set({ delay: opened, only: ({ body }) => body.includes('["p",') }),
      async goOn() {
        proxy.set({ upgrade: 'pass' })
        tell('online')
        await by('websocket')
      },
      async letGo() {
        const before = server.realtime.stats().bytes.in
        open()
        await expect.poll(() => server.realtime.stats().bytes.in).toBeGreaterThan(before)
      },
      log: async () => {
        const log: number[] = []
        await server.realtime.publish('room:1', 'n', 0)
        await new Promise<void>((resolve) => {
          const reader = startClient(server.url, { transports: ['websocket'] }).channel('room:1', { rewind: 100 })
          reader.on('n', (n) => (n === 0 ? resolve() : log.push(n)))
        })
        return log
      },
    }
  }
  const untilDelayed = async ({ proxy }: Awaited<ReturnType<typeof delayed>>) => {
    while ((await proxy.events.next('fault')).fault !== 'delay');
  }

  test('changes nothing: what it carries is there already', async () => {
    const scene = await delayed()
    scene.hold()
    const first = scene.room.publish('n', 1)
    await untilDelayed(scene)
    await scene.goOn()
    const rest = [2, 3].map((n) => scene.room.publish('n', n))
    expect((await Promise.all([first, ...rest])).map(({ offset }) => offset)).toEqual([1, 2, 3])
    await scene.letGo()
    expect(await scene.log()).toEqual([1, 2, 3])
  })

  test('does not bring back a send that was given up and overtaken', async () => {
    const scene = await delayed()
    const controller = new AbortController()
    scene.hold()
    const first = scene.room.publish('n', 1, { signal: controller.signal })
    await untilDelayed(scene)
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: 'aborted', outcome: 'unknown' })
    await scene.goOn()
    expect(await scene.room.publish('n', 2)).toMatchObject({ offset: 1 })
    await scene.letGo()
    expect(await scene.log()).toEqual([2])
  })
})

test.each(['polling', 'websocket'] as const)(
  'F17: of sends that a server takes in while it goes down (%s) each is accepted once, and in order',
  async (transport) => {
    const { opened, open } = gate()
    const reached = gate()
    const publish = async ({ data }: { data: unknown }) => {
      if (data !== 3) return true
      reached.open()
      await opened
      return true
    }
    const server = await startServer({ channels: { 'room:{id}': { ...openChannels['room:{id}'], publish } } })
    const client = startClient(server.url, { transports: [transport] })
    await client.ready()
    const sent = [1, 2, 3, 4, 5].map((n) => client.channel('room:1').publish('n', n))
    await reached.opened
    await server.stop()
    open()
    await server.start()
    client.connect()
    expect((await Promise.all(sent)).map(({ offset }) => offset)).toEqual([1, 2, 3, 4, 5])
    expect(server.realtime.stats().events.accepted).toBe(5)
  },
)
