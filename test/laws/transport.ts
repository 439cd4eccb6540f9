import { describe, expect, onTestFinished, test } from 'vitest'
import type { CloseReason } from '../../src/protocol/close'
import type { Transport } from '../../src/transports/transport'
import { turn } from '../support/fake-clock'

/** The other side of one dial. Everything it is asked to do is done when the promise resolves. */
export interface Other {
  /** Lets it open; what it says with it, the client may see in the same turn. */
  accept(...messages: string[]): Promise<void>
  /** Ends it before it opened. */
  refuse(): Promise<void>
  /** Resolves once it can say something: for polling, once there is an exchange that can carry it. */
  ready(): Promise<void>
  /** Says something, when it is ready. */
  deliver(message: string): Promise<void>
  /** Ends it without being asked to. */
  drop(): Promise<void>
  /** Resolves once `count` messages have arrived: what the client said, in order. */
  heard(count: number): Promise<string[]>
  /** Resolves once the client has let go of it. */
  gone(): Promise<void>
}

export interface World {
  readonly transport: Transport
  readonly url: string
  /** The next dial that arrives. */
  next(): Promise<Other>
  /** Dials that arrived. */
  readonly dials: number
  /** What still runs: timers, sockets, requests. */
  left(): string[]
}

/** What the other side says: frames, for long-polling wants to see that they are some. */
const word = (n: number) => JSON.stringify(['m', 'room:42', n])
/** What it says when an exchange has to end and there is nothing to say. */
export const nothing = '["i"]'

/** The laws of `src/transports/transport.ts`. A new transport is as good as one call of this. */
export function transportLaws(name: string, createWorld: () => Promise<World> | World): void {
  /** A dial, with a log of all that its owner hears. */
  async function dial(onEvent: (event: string, close: () => void) => void = () => {}) {
    const world = await createWorld()
    const log: string[] = []
    const reasons: CloseReason[] = []
    const waiting: { count: number; resolve(): void }[] = []
    let open = () => {}
    const opened = new Promise<void>((resolve) => {
      open = resolve
    })

    function note(event: string): void {
      log.push(event)
      for (const { count, resolve } of waiting) if (log.length >= count) resolve()
      onEvent(event, link.close)
    }
    const sink = {
      receive(message: unknown) {
        open()
        if (message !== nothing) note(String(message))
      },
      closed(reason: CloseReason) {
        reasons.push(reason)
        note('closed')
      },
    }
    const link = world.transport.open(world.url, sink, (holdMs) => {
      if (holdMs === undefined) open()
      return [`hello ${holdMs}`]
    })
    onTestFinished(() => link.close())
    return {
      world,
      log,
      reasons,
      link,
      /** Bytes can flow: a stream says its preamble, the first exchange is answered. */
      opened,
      /** The first `count` events, once they are there. */
      async events(count: number): Promise<string[]> {
        if (log.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }))
        return log.slice(0, count)
      },
      /** Nothing runs any more, and whatever was on its way has arrived. */
      async quiet(other?: Other): Promise<void> {
        await other?.gone()
        await turn()
        expect(world.left()).toEqual([])
      },
    }
  }

  /** A dial that was accepted, and listens. */
  async function connect(onEvent?: (event: string, close: () => void) => void) {
    const dialled = await dial(onEvent)
    const other = await dialled.world.next()
    await Promise.all([other.accept(), dialled.opened])
    await turn()
    dialled.link.send('')
    return { ...dialled, other }
  }

  describe(name, () => {
    test('nothing is heard before the other side accepts, and the preamble is said first', async () => {
      const { world, log, opened } = await dial()
      const other = await world.next()
      await turn()
      expect(log).toEqual([])
      await Promise.all([other.accept(), opened])
      expect((await other.heard(1))[0]).toMatch(/^hello (0|undefined)$/)
      expect(log).toEqual([])
    })

    test('is closed with a reason when the other side refuses, and frees everything', async () => {
      const { world, log, reasons, events, quiet } = await dial()
      const other = await world.next()
      await Promise.all([other.refuse(), events(1)])
      expect(log).toEqual(['closed'])
      expect(reasons).toEqual([{ code: expect.any(Number), reason: expect.any(String) }])
      await quiet(other)
    })

    test('is closed with a reason for what is no address, but not before open has returned', async () => {
      const { transport } = await createWorld()
      for (const url of ['ftp://127.0.0.1/', '/relative', 'http://', '']) {
        let returned = false
        const reason = await new Promise((resolve) => {
          transport.open(url, { receive() {}, closed: (why) => resolve(returned && why) }, () => [])
          returned = true
        })
        expect(reason).toEqual({ code: expect.any(Number), reason: expect.any(String) })
      }
    })

    test('close() in the turn of open dials nothing', async () => {
      const world = await createWorld()
      const log: unknown[] = []
      const sink = { receive: (message: unknown) => log.push(message), closed: (reason: unknown) => log.push(reason) }
      world.transport.open(world.url, sink, () => []).close()
      await turn()
      expect(world.left()).toEqual([])
      expect(world.dials).toBe(0)
      expect(log).toEqual([])
    })

    test('close() while it opens frees everything', async () => {
      const { world, link, log, quiet } = await dial()
      const other = await world.next()
      link.close()
      await quiet(other)
      await other.accept(word(1))
      await turn()
      expect(log).toEqual([])
      expect(world.left()).toEqual([])
    })

    test('close() in the turn in which it opens frees everything', async () => {
      const { world, link, log, quiet } = await dial()
      const other = await world.next()
      const accepted = other.accept(word(1))
      link.close()
      const before = log.length
      await accepted
      await quiet(other)
      expect(log).toHaveLength(before)
    })

    test('close() frees everything and reports nothing, however often it is called', async () => {
      const { link, other, log, quiet } = await connect()
      link.close()
      link.close()
      await quiet(other)
      expect(log).toEqual([])
    })

    test('nothing that comes after close() is reported', async () => {
      const { link, other, log, quiet } = await connect()
      await other.heard(1)
      link.close()
      link.send(word(1))
      await other.drop()
      await quiet(other)
      expect(log).toEqual([])
    })

    test('closed comes once when the other side ends it, and frees everything', async () => {
      const { link, other, log, reasons, events, quiet } = await connect()
      await Promise.all([other.drop(), events(1)])
      await quiet(other)
      link.close()
      await turn()
      expect(log).toEqual(['closed'])
      expect(reasons).toEqual([{ code: expect.any(Number), reason: expect.any(String) }])
    })

    test('messages arrive in order, before the end', async () => {
      const { other, events } = await connect()
      for (let n = 1; n <= 5; n++) await other.deliver(word(n))
      await Promise.all([other.drop(), events(6)])
      expect(await events(6)).toEqual([...[1, 2, 3, 4, 5].map(word), 'closed'])
    })

    test('what is said with the opening arrives', async () => {
      const { world, events } = await dial()
      const other = await world.next()
      await other.accept(word(1))
      expect(await events(1)).toEqual([word(1)])
    })

    test.each(['with the opening', 'later'])(
      'an owner that closes because of a message, %s, hears no other and leaves nothing behind',
      async (when) => {
        const onEvent = (event: string, close: () => void) => event.startsWith(word(1)) && close()
        const { other, log, events, quiet } = await (when === 'later' ? connect(onEvent) : dialled())
        async function dialled() {
          const opening = await dial(onEvent)
          const first = await opening.world.next()
          await first.accept(word(1), word(2))
          return { ...opening, other: first }
        }
        if (when === 'later') await other.deliver(word(1))
        await events(1)
        await quiet(other)
        expect(log).toHaveLength(1)
      },
    )

    test('nothing is delivered after close()', async () => {
      const { link, other, log, quiet } = await connect()
      await other.ready()
      link.close()
      await other.deliver(word(1))
      await quiet(other)
      expect(log).toEqual([])
    })

    test('what is sent arrives, in order', async () => {
      const { link, other } = await connect()
      for (let n = 1; n <= 3; n++) link.send(word(n))
      const isWord = (message: string) => message.startsWith('[')
      for (let count = 4; ; count++) {
        const words = (await other.heard(count)).filter(isWord)
        if (words.length < 3) continue
        expect(words).toEqual([1, 2, 3].map(word))
        return
      }
    })

    test('send before bytes can flow and after the end is a silent no-op', async () => {
      const { world, link, events, quiet, opened } = await dial()
      const other = await world.next()
      for (const message of ['', word(8)]) expect(() => link.send(message)).not.toThrow()
      await Promise.all([other.accept(), opened])
      await turn()
      link.send('')
      await Promise.all([other.drop(), events(1)])
      for (const message of ['', word(9)]) expect(() => link.send(message)).not.toThrow()
      await quiet(other)
      expect((await other.heard(1)).filter((message) => message.startsWith('['))).toEqual([])
    })
  })
}
