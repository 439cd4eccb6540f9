import type { Client, EverwireError } from 'everwire'
import type { Chat } from '../support/server'

type Room = 'room:1' | 'room:2'
type Result = 'ok' | 'rejected' | 'unknown'

export interface TrafficOptions {
  /** The one whose messages are counted. */
  client: Client<Chat>
  /** Joins where no fault reaches, to see what the log of room:2 holds. */
  reader(): Client<Chat>
  /** Publishes as the server. */
  publish(room: Room, n: number): Promise<unknown>
  /** Events per second: the server's in room:1, the client's in room:2. */
  down: number
  up: number
}

/** Comes last in each room: whoever has heard it hears nothing more. */
const end = 0

const balanced = { lost: 0, doubled: 0, reordered: 0 }
/** The books of a traffic that nothing happened to. */
export const perfect = {
  down: balanced,
  up: balanced,
  echo: balanced,
  gaps: [],
  failed: [],
  unsettled: 0,
  misplaced: 0,
}

/** What became of numbers that were to come once each and in order. */
export function compare(expected: readonly number[], got: readonly number[]) {
  const seen = new Set<number>()
  const books = { lost: 0, doubled: 0, reordered: 0 }
  let highest = Number.NEGATIVE_INFINITY
  for (const n of got) {
    if (seen.has(n)) books.doubled++
    else if (n < highest) books.reordered++
    seen.add(n)
    highest = Math.max(highest, n)
  }
  books.lost = expected.filter((n) => !seen.has(n)).length
  return books
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => i + 1)

/** Everything a client hears in a room, from now on. */
function listen(client: Client<Chat>, room: Room, rewind = 0) {
  const heard: { n: number; offset: number; at: number }[] = []
  let waiting: { count: number; resolve(): void }[] = []
  let ended = () => {}
  const channel = client.channel(room, { rewind })
  const done = new Promise<void>((resolve) => {
    ended = resolve
  })
  channel.on('n', (n, { offset }) => {
    if (n === end) return ended()
    heard.push({ n, offset, at: performance.now() })
    const ready = waiting.filter(({ count }) => heard.length >= count)
    waiting = waiting.filter((waiter) => !ready.includes(waiter))
    for (const { resolve } of ready) resolve()
  })
  return {
    channel,
    heard,
    done,
    numbers: () => heard.map(({ n }) => n),
    /** Resolves when so many more have come. */
    more: (count: number) => new Promise<void>((resolve) => waiting.push({ count: heard.length + count, resolve })),
    joined: new Promise<void>((resolve) => {
      const off = channel.watch(({ status }) => {
        if (status !== 'joined') return
        off()
        resolve()
      })
    }),
  }
}

/** Events both ways through whatever lies between, and the books of both sides. */
export async function startTraffic({ client, reader, publish, down, up }: TrafficOptions) {
  const news = listen(client, 'room:1')
  const chat = listen(client, 'room:2')
  const gaps: string[] = []
  for (const { channel } of [news, chat]) channel.onGap(({ reason }) => gaps.push(`${channel.name}: ${reason}`))
  await Promise.all([news.joined, chat.joined])

  const outcomes: { n: number; result: Result; offset?: number }[] = []
  const settling: Promise<unknown>[] = []
  const sent = { down: 0, up: 0 }

  function say(): void {
    const n = ++sent.up
    const sending = chat.channel.publish('n', n).then(
      ({ offset }) => void outcomes.push({ n, result: 'ok', offset }),
      ({ outcome }: EverwireError) => void outcomes.push({ n, result: outcome ?? 'unknown' }),
    )
    settling.push(sending)
  }

  const begun = performance.now()
  const ticking = setInterval(() => {
    const seconds = (performance.now() - begun) / 1_000
    while (sent.down < seconds * down) void publish('room:1', ++sent.down)
    while (sent.up < seconds * up) say()
  }, 5)

  /** Ends it. Resolves with the books, once every send has settled and the last event has come. */
  async function stop() {
    clearInterval(ticking)
    await Promise.all(settling)
    await publish('room:1', end)
    await publish('room:2', end)
    const log = listen(reader(), 'room:2', 5_000)
    await Promise.all([news.done, chat.done, log.done])

    const places = new Map(log.heard.map(({ n, offset }) => [n, offset]))
    const accepted = outcomes.filter(({ result }) => result === 'ok')
    const failed = outcomes.filter(({ result }) => result !== 'ok')
    return {
      down: compare(upTo(sent.down), news.numbers()),
      up: compare(
        accepted.map(({ n }) => n),
        log.numbers(),
      ),
      /** What the client heard of its own. */
      echo: compare(log.numbers(), chat.numbers()),
      gaps,
      failed,
      /** Sends that settled never, or more than once. */
      unsettled:
        sent.up -
        new Set(outcomes.map(({ n }) => n)).size +
        (outcomes.length - new Set(outcomes.map(({ n }) => n)).size),
      /** Accepted at a place where the log has something else, or rejected and yet in the log. */
      misplaced:
        accepted.filter(({ n, offset }) => places.get(n) !== offset).length +
        failed.filter(({ n, result }) => result === 'rejected' && places.has(n)).length,
    }
  }

  return { begun, heard: news.heard, more: news.more, say, stop }
}

export type Traffic = Awaited<ReturnType<typeof startTraffic>>
