import { expect, test } from 'vitest'
import { brief, hello, only, startCore, ticketOf, turn } from './support'

/** A client that has said its first hello and has a ticket and a cursor. */
async function arrived(server: ReturnType<typeof startCore>, name = 'ann') {
  const frames = await server.poll([hello(name, 0), ['s', 'room:1', null]]).frames()
  const cursor = only(frames, 's')[0]?.[3] as [string, number]
  const k = ticketOf(frames)
  return {
    cursor,
    k,
    held: (g: number, at: unknown = cursor, ...rest: unknown[][]) =>
      server.poll([hello(name, 20_000, { g, k }), ['s', 'room:1', at], ...rest]),
  }
}

test('the quick hello brings welcome, position, replay and acknowledgements in one answer', async () => {
  const { core, poll } = startCore()
  await core.publish('room:1', 'm', 'old')
  const frames = await poll([hello('ann', 0), ['s', 'room:1', null, { r: 1 }], ['p', 1, 'room:1', 'm', 'new']]).frames()
  expect(frames[0]?.[0]).toBe('w')
  expect(frames.map(([op]) => op).sort()).toEqual(['k', 'm', 'm', 's', 'w'])
})

test('a held poll with a ticket hears nothing of what it knows, only what is new', async () => {
  const server = startCore()
  const { cursor, held } = await arrived(server)
  const poll = held(2)
  await server.pass(5_000)
  expect(poll.settled).toBeUndefined()
  await server.core.publish('room:1', 'm', 'news')
  await server.pass(15)
  expect(await poll.frames()).toEqual([['m', 'room:1', cursor[1] + 1, 'm', 'news']])
})

test('events that come together leave together: 15 ms after a quiet time, 40 ms while answers follow each other', async () => {
  const server = startCore()
  const { cursor, held } = await arrived(server)
  await server.pass(1_000)
  const quiet = held(2)
  await turn()
  await server.core.publish('room:1', 'm', 1)
  await server.pass(14)
  expect(quiet.settled).toBeUndefined()
  await server.core.publish('room:1', 'm', 2)
  await server.pass(1)
  expect(await quiet.frames()).toHaveLength(2)
  const busy = held(3, [cursor[0], cursor[1] + 2])
  await server.core.publish('room:1', 'm', 3)
  await server.pass(39)
  expect(busy.settled).toBeUndefined()
  await server.pass(1)
  expect(await busy.frames()).toHaveLength(1)
})

test('a hold that ends with nothing to say says so', async () => {
  const server = startCore()
  const { held } = await arrived(server)
  const poll = held(2)
  await server.pass(20_000)
  expect(await poll.frames()).toEqual([['i', 150]])
})

test('a hold is no longer than the server wants', async () => {
  const server = startCore({ hold: 5_000 })
  const { held } = await arrived(server)
  const poll = held(2)
  await server.pass(5_300)
  expect(poll.settled).toBeDefined()
})

test('a hold is no longer than a client waits for a sign of life', async () => {
  const server = startCore({ heartbeat: 3_000 })
  const { held } = await arrived(server)
  const poll = held(2)
  await server.pass(3_000)
  expect(poll.settled).toBeDefined()
})

test('an unheld exchange without anything to say is answered at once', async () => {
  const server = startCore()
  const { k } = await arrived(server)
  expect(await server.poll([hello('ann', 0, { k })]).frames()).toEqual([['i', 150]])
})

test('a probe ends the hold at once', async () => {
  const server = startCore()
  const { held } = await arrived(server)
  expect(await held(2, undefined, ['i']).frames()).toEqual([['o']])
})

test('the newer held poll replaces the older; unheld exchanges replace nothing', async () => {
  const server = startCore()
  const { held, k } = await arrived(server)
  const older = held(2)
  await server.poll([hello('ann', 0, { k, g: 9 })]).frames()
  expect(older.settled).toBeUndefined()
  const newer = held(3)
  expect(await older.frames()).toEqual([['i']])
  expect(newer.settled).toBeUndefined()
  expect(await held(2).frames()).toEqual([['i']])
  expect(newer.settled).toBeUndefined()
  newer.abort()
})

test('a forged, bent or foreign ticket is refused with its own code, so that the client repeats with its token', async () => {
  const server = startCore()
  const { k } = await arrived(server)
  const bent = `${k.slice(0, -1)}${k.endsWith('A') ? 'B' : 'A'}`
  const foreign = (await arrived(server, 'bob')).k
  for (const ticket of [bent, foreign, '', 'x', `zzzzzz.${k.split('.')[1]}`]) {
    expect(brief(await server.poll([hello('ann', 0, { k: ticket })]).frames(), 2)).toEqual([['b', 4012]])
  }
})

test('a ticket is renewed past half of its life, and is worth nothing after it', async () => {
  const server = startCore({ hold: 1_000 })
  const { held, k } = await arrived(server)
  await server.pass(80_000)
  const young = held(2)
  await server.pass(1_100)
  expect(await young.frames()).toEqual([['i', 150]])
  await server.pass(10_000)
  const renewed = await held(3).frames()
  expect(only(renewed, 'w')).toHaveLength(1)
  expect(ticketOf(renewed)).not.toBe(k)
  await server.pass(100_000)
  expect(brief(await held(4).frames(), 2)).toEqual([['b', 4012]])
})

test('the authenticate hook is not asked at each poll, nor is the subscribe hook', async () => {
  const asked = { authenticate: 0, subscribe: 0 }
  const server = startCore({
    authenticate: () => ({ id: `ann${++asked.authenticate && ''}` }),
    channels: { 'room:{id}': { subscribe: () => !!++asked.subscribe } },
    hold: 1_000,
  })
  const { held } = await arrived(server)
  for (let g = 2; g < 6; g++) {
    const poll = held(g)
    await server.pass(1_100)
    await poll.frames()
  }
  expect(asked).toEqual({ authenticate: 1, subscribe: 1 })
  await server.pass(60_000)
  held(7).abort()
  const late = held(8)
  await server.pass(1_100)
  await late.frames()
  expect(asked.subscribe).toBe(2)
})

test('a token that runs out between two polls is told to the next one, once', async () => {
  const server = startCore({
    authenticate({ expiresIn }) {
      expiresIn(30_000)
      return { id: 'ann' }
    },
  })
  const { held } = await arrived(server)
  await server.pass(21_000)
  expect(await held(2).frames()).toEqual([['t', 9_000]])
  const next = held(3)
  await server.pass(1_000)
  expect(next.settled).toBeUndefined()
  next.abort()
})

test('an answer is bounded, fair, and says that more waits', async () => {
  const server = startCore()
  const { cursor, k } = await arrived(server)
  for (let i = 0; i < 400; i++) await server.core.publish('room:1', 'm', 'x'.repeat(2_000))
  for (let i = 0; i < 3; i++) await server.core.publish('room:2', 'm', 'little')
  const frames = await server
    .poll([hello('ann', 20_000, { g: 2, k }), ['s', 'room:1', cursor], ['s', 'room:2', [cursor[0], 0]]])
    .frames()
  expect(frames.at(-1)).toEqual(['y'])
  expect(JSON.stringify(frames).length).toBeLessThan(262_144)
  expect(only(frames, 'm').filter((frame) => frame[1] === 'room:2')).toHaveLength(3)
})

test('a poll that was cut leaves nothing behind, and the next one gets the same', async () => {
  const server = startCore()
  const { held } = await arrived(server)
  const cut = held(2)
  await turn()
  expect(server.core.stats().connections.polling).toBe(1)
  cut.abort()
  await cut.answer
  expect(server.core.stats().connections.polling).toBe(0)
  await server.core.publish('room:1', 'm', 'news')
  const next = held(3)
  await server.pass(40)
  expect(only(await next.frames(), 'm')).toHaveLength(1)
})

test('a refused origin gets 403 and learns nothing', async () => {
  const server = startCore()
  const { status, frames } = await server.poll([hello('ann', 0)], {
    headers: { host: 'example.com', origin: 'https://evil.example' },
  }).answer
  expect(status).toBe(403)
  expect(brief(frames, 2)).toEqual([['b', 4504]])
})

test('presence: there from the first welcome, gone ten seconds after the last poll, at once after a good-bye', async () => {
  const seen: string[] = []
  const server = startCore({
    authenticate: ({ token }) => ({ id: token }),
    onConnect: ({ user }) => seen.push(`+${(user as { id: string }).id}`),
    onDisconnect: ({ user }) => seen.push(`-${(user as { id: string }).id}`),
  })
  await server.poll([hello('ann', 0, { t: 'ann' })]).frames()
  await server.poll([hello('bob', 0, { t: 'bob' })]).frames()
  expect(seen).toEqual(['+ann', '+bob'])
  await server.pass(5_000)
  await server.poll([hello('bob', 0, { t: 'bob' })]).frames()
  await server.pass(5_100)
  expect(seen).toEqual(['+ann', '+bob', '-ann'])
  await server.poll([hello('bob', 0, { t: 'bob' }), ['x']]).frames()
  expect(seen.at(-1)).toBe('-bob')
})
