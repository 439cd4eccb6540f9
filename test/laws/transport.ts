import { getEventListeners } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { CloseReason } from '../../src/protocol/close'
import type { Link, Transport } from '../../src/transports/transport'
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
  async function dial(abort = new AbortController(), onEvent: (event: string, link: () => Link) => void = () => {}) {
    const world = await createWorld()
    const log: string[] = []
    const reasons: CloseReason[] = []
    const waiting: { count: number; resolve(): void }[] = []
    let link: Link | undefined

    function note(event: string): void {
      log.push(event)
      for (const { count, resolve } of waiting) if (log.length >= count) resolve()
      onEvent(event, () => link as Link)
    }
    const sink = {
      receive: (message: unknown) => message !== nothing && note(String(message)),
      closed(reason: CloseReason) {
        reasons.push(reason)
        note('closed')
      },
    }
    const opening = world.transport.open(world.url, sink, abort.signal, (holdMs) => [`hello ${holdMs}`])
    opening.then(
      (opened) => {
        link = opened
        note('open')
      },
      (reason) => {
        reasons.push(reason)
        note('rejected')
      },
    )
    onTestFinished(() => abort.abort())
    return {
      world,
      abort,
      log,
      reasons,
      opening,
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
        expect(getEventListeners(abort.signal, 'abort')).toEqual([])
      },
    }
  }

  /** A dial that was accepted, and listens. */
  async function connect(abort?: AbortController, onEvent?: (event: string, link: () => Link) => void) {
    const dialled = await dial(abort, onEvent)
    const other = await dialled.world.next()
    await other.accept()
    const link = await dialled.opening
    link.send('', 'hold')
    return { ...dialled, other, link }
  }

  describe(name, () => {
    test('open resolves when the other side accepts, not before, and has said the preamble first', async () => {
      const { world, log, events } = await dial()
      const other = await world.next()
      await turn()
      expect(log).toEqual([])
      await other.accept()
      expect(await events(1)).toEqual(['open'])
      expect((await other.heard(1))[0]).toMatch(/^hello (0|null)$/)
    })

    test('open rejects with a reason when the other side refuses, and frees everything', async () => {
      const { world, opening, reasons, quiet } = await dial()
      const other = await world.next()
      await Promise.all([other.refuse(), expect(opening).rejects.toBeDefined()])
      expect(reasons).toEqual([{ code: expect.any(Number), reason: expect.any(String) }])
      await quiet(other)
    })

    test('open rejects with a reason for what is no address', async () => {
      const { transport } = await createWorld()
      const sink = { receive() {}, closed() {} }
      for (const url of ['ftp://127.0.0.1/', '/relative', 'http://', '']) {
        const opening = transport.open(url, sink, new AbortController().signal, () => [])
        await expect(opening).rejects.toMatchObject({ code: expect.any(Number), reason: expect.any(String) })
      }
    })

    test('an abort before open dials nothing', async () => {
      const abort = new AbortController()
      abort.abort()
      const { world, opening, log, quiet } = await dial(abort)
      await expect(opening).rejects.toMatchObject({ code: expect.any(Number) })
      await quiet()
      expect(world.dials).toBe(0)
      expect(log).toEqual(['rejected'])
    })

    test('an abort while it opens rejects and frees everything', async () => {
      const { world, abort, opening, log, quiet } = await dial()
      const other = await world.next()
      abort.abort()
      await expect(opening).rejects.toMatchObject({ code: expect.any(Number) })
      await quiet(other)
      await other.accept(word(1))
      await turn()
      expect(log).toEqual(['rejected'])
      expect(world.left()).toEqual([])
    })

    test('an abort in the turn in which it opens frees everything', async () => {
      const { world, abort, log, quiet } = await dial()
      const other = await world.next()
      const accepted = other.accept(word(1))
      abort.abort()
      await accepted
      await quiet(other)
      expect(log.filter((event) => event !== 'open')).toEqual(log.includes('open') ? [] : ['rejected'])
    })

    test('an abort after open frees everything and reports nothing', async () => {
      const { abort, link, other, log, quiet } = await connect()
      await other.heard(1)
      abort.abort()
      link.send(word(1), 'once')
      await other.drop()
      await quiet(other)
      expect(log).toEqual(['open'])
    })

    test('close() frees everything and reports nothing, however often it is called', async () => {
      const { abort, link, other, log, quiet } = await connect()
      link.close()
      link.close({ code: 4000, reason: 'again' })
      abort.abort()
      await quiet(other)
      expect(log).toEqual(['open'])
    })

    test('close() in the turn in which it opened frees everything', async () => {
      const { world, opening, log, quiet } = await dial()
      const other = await world.next()
      await Promise.all([other.accept(), opening.then((link) => link.close())])
      await quiet(other)
      expect(log).toEqual(['open'])
    })

    test('closed comes once when the other side ends it, and frees everything', async () => {
      const { abort, link, other, log, reasons, events, quiet } = await connect()
      await Promise.all([other.drop(), events(2)])
      await quiet(other)
      link.close()
      abort.abort()
      await turn()
      expect(log).toEqual(['open', 'closed'])
      expect(reasons).toEqual([{ code: expect.any(Number), reason: expect.any(String) }])
    })

    test('messages arrive in order, before the end', async () => {
      const { other, events } = await connect()
      for (let n = 1; n <= 5; n++) await other.deliver(word(n))
      await Promise.all([other.drop(), events(7)])
      expect(await events(7)).toEqual(['open', ...[1, 2, 3, 4, 5].map(word), 'closed'])
    })

    test('no message arrives before the one who awaits open has its link, however early it was said', async () => {
      const { world, events } = await dial()
      const other = await world.next()
      await other.accept(word(1))
      expect(await events(2)).toEqual(['open', word(1)])
    })

    test.each(['with the opening', 'later'])(
      'an owner that closes because of a message, %s, hears no other and leaves nothing behind',
      async (when) => {
        const { world, log, events, opening, quiet } = await dial(undefined, (event, link) => {
          if (event.startsWith(word(1))) link().close()
        })
        const other = await world.next()
        if (when === 'later') {
          await other.accept()
          const link = await opening
          link.send('', 'hold')
          await other.deliver(word(1))
        } else {
          await other.accept(word(1), word(2))
        }
        await events(2)
        await quiet(other)
        expect(log).toHaveLength(2)
      },
    )

    test('nothing is delivered after close()', async () => {
      const { link, other, log, quiet } = await connect()
      await other.ready()
      link.close()
      await other.deliver(word(1))
      await quiet(other)
      expect(log).toEqual(['open'])
    })

    test('what is sent arrives, in order', async () => {
      const { link, other } = await connect()
      for (let n = 1; n <= 3; n++) link.send(word(n), 'once')
      const isWord = (message: string) => message.startsWith('[')
      for (let count = 4; ; count++) {
        const words = (await other.heard(count)).filter(isWord)
        if (words.length < 3) continue
        expect(words).toEqual([1, 2, 3].map(word))
        return
      }
    })

    test('send after the end is a silent no-op', async () => {
      const { link, other, events, quiet } = await connect()
      await Promise.all([other.drop(), events(2)])
      const before = (await other.heard(1)).length
      for (const lane of ['hold', 'post', 'once'] as const) expect(() => link.send(word(9), lane)).not.toThrow()
      await quiet(other)
      expect(await other.heard(1)).toHaveLength(before)
    })
  })
}
