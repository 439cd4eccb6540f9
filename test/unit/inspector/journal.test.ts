import type { ClientState } from 'everwire'
import type { DebugEvent } from 'everwire/inspector'
import { expect, test } from 'vitest'
import { diagnose, outcomeOf } from '../../../src/inspector/diagnosis'
import { createJournal } from '../../../src/inspector/journal'
import { createRing } from '../../../src/inspector/ring'
import { createScriptedClient, tellMinute, tellRefusal } from '../../browser/inspector'

/** A journal whose client has told this story, at the very moment it ended. */
function read(tell: (client: ReturnType<typeof createScriptedClient>) => void = () => {}) {
  const journal = createJournal(() => 0)
  const client = createScriptedClient()
  client.debug?.((event) => journal.add(event))
  client.watch(journal.observe)
  tell(client)
  return { journal, client }
}
const state = (change: Partial<ClientState> & Pick<ClientState, 'status'>): ClientState => ({
  attempt: 0,
  pending: 0,
  ...change,
})

test('each attempt is known with what came of it', () => {
  const { journal } = read(tellMinute)
  const attempts = journal.attempts.all.map((attempt) => [attempt.at, attempt.transport, ...outcomeOf(attempt)])
  expect(attempts.slice(0, 4)).toEqual([
    [0, 'websocket', 'ended', 'after 17.3 s'],
    [0, 'polling', 'welcomed', 'in 58 ms, for 54 ms'],
    [17_500, 'websocket', 'failed', 'after 190 ms'],
    [17_500, 'polling', 'welcomed', 'in 60 ms, for 12.7 s'],
  ])
  expect(journal.attempts.all[2]?.explanation).toMatchObject({ code: 'lost', fix: 'nothing: it is dialled again' })
})

test('channels are known with their places, gaps and refusals', () => {
  const { journal } = read(tellMinute)
  const { channels } = journal
  expect([...channels.keys()]).toEqual(['room:42', 'news', 'admin'])
  expect(channels.get('room:42')).toMatchObject({ status: 'joined', epoch: 'k3Jd9a', gaps: 0 })
  expect(channels.get('room:42')?.offset).toBe(1_040 + (channels.get('room:42')?.events ?? 0))
  expect(channels.get('news')).toMatchObject({ status: 'joined', epoch: 'b7Rt0c', offset: 0, gaps: 1 })
  expect(channels.get('admin')).toMatchObject({ status: 'denied', explanation: { code: 'forbidden' } })
})

test('what is left of dials and links ends with the connection', () => {
  const { journal } = read(tellRefusal)
  expect(journal.attempts.all.filter(({ endedAt }) => endedAt === undefined)).toEqual([])
})

test('its memory is bounded, however much is told', () => {
  const { journal, client } = read()
  for (let i = 0; i < 5_000; i++) {
    client.tell(
      i,
      { type: 'dial', transport: 'websocket' },
      { type: 'state', state: state({ status: i % 2 ? 'waiting' : 'connecting', rtt: i }) },
      { type: 'receive', transport: 'websocket', frame: ['m', `room:${i}`, 1, 'e', 'x'.repeat(50_000)] },
      { type: 'gap', channel: `room:${i}`, reason: 'epoch', missed: 1 },
    )
  }
  const { spans, attempts, traffic, gaps, trips, channels, lines } = journal
  const sizes = [spans, attempts, traffic, gaps, trips, lines].map(({ all }) => all.length)
  expect([...sizes, channels.size]).toEqual([300, 200, 500, 100, 120, 1_000, 300])
  expect(channels.has('room:4999')).toBe(true)
  expect(JSON.stringify([traffic.all, lines.all]).length).toBeLessThan(1_500_000)
})

test('a ring keeps the newest in order', () => {
  const ring = createRing<number>(3)
  for (let i = 1; i <= 8; i++) ring.push(i)
  expect([ring.all, ring.last]).toEqual([[6, 7, 8], 8])
})

test('time goes on between two events, by the clock of the page', () => {
  let clock = 1_000
  const journal = createJournal(() => clock)
  journal.add({ at: 70, type: 'dial', transport: 'websocket' })
  clock += 30
  expect(journal.now()).toBe(100)
})

test('frames are counted by the second', () => {
  const { journal, client } = read()
  const ping: Omit<DebugEvent & { type: 'receive' }, 'at'> = { type: 'receive', transport: 'websocket', frame: ['i'] }
  client.tell(5_100, ping, ping)
  client.tell(7_900, ping)
  expect(journal.perSecond().slice(-4)).toEqual([0, 2, 0, 1])
})

test.each<[string, Partial<ClientState> & Pick<ClientState, 'status'>, object]>([
  ['idle', { status: 'idle' }, { tone: 'off', title: 'Not connected yet' }],
  ['connecting', { status: 'connecting' }, { tone: 'soon', text: 'Asks for a token.' }],
  [
    'waiting',
    { status: 'waiting', attempt: 3, retryAt: 1_500 },
    { title: 'Tries again in 1.5 s', text: 'After 3 failed attempts. ' },
  ],
  ['offline', { status: 'offline' }, { tone: 'bad', title: 'Offline' }],
  ['connected', { status: 'connected', transport: 'websocket' }, { tone: 'good', title: 'Connected over WebSocket' }],
  ['closed', { status: 'closed' }, { tone: 'off', title: 'Closed' }],
])('says in a sentence why it is %s', (_, change, expected) => {
  const { journal, client } = read()
  client.tell(0, { type: 'state', state: state(change) })
  expect(diagnose(journal, 0)).toMatchObject(expected)
})

test('says why it is not on WebSocket, and what to do when it is closed for good', () => {
  expect(diagnose(read(tellMinute).journal, 0)).toMatchObject({
    title: 'Connected over long-polling',
    text: expect.stringContaining('WebSocket failed: the link broke, or no server answered (lost).'),
  })
  expect(diagnose(read(tellRefusal).journal, 0)).toMatchObject({
    title: 'Closed: unauthorized',
    fix: 'log in again, then client.connect()',
  })
})
