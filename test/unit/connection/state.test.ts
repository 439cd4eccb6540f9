import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Connection, createConnection } from '../../../src/connection/connection'
import type { LineHooks } from '../../../src/connection/line'
import type { Status } from '../../../src/connection/state'
import type { CloseReason } from '../../../src/protocol/close'
import { createFakeEnvironment, type FakeEnvironment } from '../../support/fake-environment'

const cut: CloseReason = { code: 1006, reason: 'lost' }
const kicked: CloseReason = { code: 4506, reason: 'kicked', retryMs: null }

interface FakeLine {
  readonly transport: string
  readonly pings: number
  readonly open: boolean
  ping(): void
  pending(): undefined
  close(): void
  welcome(): void
  end(reason: CloseReason): void
}

/** A connection whose lines are in the hands of the test. */
interface Machine extends Connection<FakeLine> {
  readonly environment: FakeEnvironment
  /** Those that are open: dialled or in use. */
  readonly lines: FakeLine[]
}

function machine(): Machine {
  const environment = createFakeEnvironment()
  const all: FakeLine[] = []

  function open({ name }: { name: string }, hooks: LineHooks): FakeLine {
    let pings = 0
    let isOpen = true
    const line: FakeLine = {
      transport: name,
      get pings() {
        return pings
      },
      get open() {
        return isOpen
      },
      ping: () => pings++,
      pending: () => undefined,
      close() {
        isOpen = false
      },
      welcome: hooks.welcome,
      end(reason) {
        isOpen = false
        hooks.end(reason)
      },
    }
    all.push(line)
    return line
  }

  const session = { silence: 35_000, spread: 150, rtt: 50, measure() {}, ask: async () => {}, bye() {}, open }
  const connection = createConnection(
    environment,
    session,
    [{ name: 'websocket' }, { name: 'polling' }],
    true,
    () => {},
  )
  onTestFinished(connection.close)
  return {
    environment,
    get lines() {
      return all.filter((line) => line.open)
    },
    get state() {
      return connection.state
    },
    connect: connection.connect,
    close: connection.close,
  }
}

const endAll = ({ lines }: Machine, reason: CloseReason) => {
  for (const line of lines) line.end(reason)
}
const end = (one: Machine, reason: CloseReason) => (one.state.live ? one.state.live.end(reason) : endAll(one, reason))

/** How to come to a state. */
const ways: Record<Status, (one: Machine) => unknown> = {
  idle() {},
  async connecting(one) {
    one.connect()
    await one.environment.advance(0)
    expect(one.lines).toHaveLength(2)
  },
  /** By long-polling, so that there is a better line to be welcomed. */
  async connected(one) {
    await ways.connecting(one)
    one.lines[1]?.welcome()
  },
  async waiting(one) {
    await ways.connecting(one)
    endAll(one, cut)
  },
  async offline(one) {
    await ways.waiting(one)
    one.environment.hint('down')
  },
  async closed(one) {
    await ways.connecting(one)
    one.close()
  },
}

const inputs: Record<string, (one: Machine) => unknown> = {
  connect: (one) => one.connect(),
  welcome: (one) => one.lines[0]?.welcome(),
  lost: (one) => end(one, cut),
  fatal: (one) => end(one, kicked),
  down: (one) => one.environment.hint('down'),
  up: (one) => one.environment.hint('up'),
  wake: (one) => one.environment.hint('wake'),
  retry: (one) => one.environment.advance('delay' in one.state ? one.state.delay : 1_000),
  close: (one) => one.close(),
}

/** The table in the source: it is the specification. */
const rows = readFileSync(new URL('../../../src/connection/state.ts', import.meta.url), 'utf8')
  .split('\n')
  .filter((text) => text.startsWith(' * | '))
  .map((text) =>
    text
      .slice(5, -2)
      .split('|')
      .map((cell) => cell.trim()),
  )
const [head = [], ...body] = rows

describe('the table of the connection machine', () => {
  test('names every state and every input', () => {
    expect(body.map(([name]) => name)).toEqual(Object.keys(ways))
    expect(head.slice(1).flatMap((names) => names.split(', '))).toEqual(Object.keys(inputs))
  })

  async function check(name: string, input: string, expected: string, meanwhile?: (one: Machine) => unknown) {
    const one = machine()
    await ways[name as Status](one)
    expect(one.state.status).toBe(name)
    await meanwhile?.(one)
    const before = one.state
    const dialled = one.lines
    await inputs[input]?.(one)
    if (expected === 'probe') expect(before.live?.pings).toBe(1)
    if (expected === '·' || expected === 'probe') expect(one.state).toBe(before)
    else {
      expect(one.state).not.toBe(before)
      expect(one.state.status).toBe(expected)
    }
    await one.environment.advance(0)
    const { status, live } = one.state
    if (status === 'connecting' && name === 'connecting' && expected !== '·') {
      expect(dialled.some((line) => line.open)).toBe(false) // dialled anew
    }
    if (status === 'connecting') expect(one.lines).toHaveLength(2)
    else if (status === 'connected') expect(one.lines).toContain(live)
    else expect(one.lines).toEqual([]) // so that there is nothing to be welcomed or lost
    if (status === 'idle' || status === 'closed')
      expect([one.environment.pending, one.environment.watchers]).toEqual([0, 0])
  }

  for (const [name = '', ...cells] of body) {
    for (const [i, cell] of cells.entries()) {
      const [running, otherwise = cell] = cell.split(' if a dial runs, else ')
      for (const input of head[i + 1]?.split(', ') ?? []) {
        test(`${name} on ${input} is as it says: ${otherwise}`, () => check(name, input, otherwise))
        if (running !== otherwise) {
          test(`${name} on ${input} while a dial runs is as it says: ${running}`, () =>
            check(name, input, running as string, async (one) => {
              one.environment.hint('wake')
              await one.environment.advance(300)
              expect(one.lines).toHaveLength(3)
            }))
        }
        if (otherwise === 'waiting') {
          test(`${name} on ${input} without a network is offline`, () =>
            check(name, input, 'offline', (one) => one.environment.hint('down')))
        }
      }
    }
  }
})

describe('what a transition carries along', () => {
  test('a new dial keeps the count of attempts, so that a server which accepts and kicks is not hammered', async () => {
    const one = machine()
    for (let attempt = 1; attempt < 4; attempt++) {
      await (attempt === 1 ? ways.connected(one) : one.environment.advance(1_000))
      one.lines[1]?.welcome()
      one.state.live?.end(cut)
      expect(one.state).toMatchObject({ status: 'waiting', attempt, error: cut })
      await one.environment.advance('delay' in one.state ? one.state.delay : 0)
      expect(one.state).toMatchObject({ status: 'connecting', attempt })
    }
  })

  test('a line that held for a second ends the count, whether it is lost or a better one takes over', async () => {
    for (const way of [0, 1]) {
      const one = machine()
      await ways.waiting(one)
      await one.environment.advance('delay' in one.state ? one.state.delay : 0)
      one.lines[1]?.welcome()
      expect(one.state.attempt).toBe(1)
      await one.environment.advance(1_000)
      if (way) one.state.live?.end(cut)
      else one.lines[0]?.welcome()
      expect(one.state).toMatchObject({ status: way ? 'waiting' : 'connected', attempt: 0 })
    }
  })

  test('a welcome while connected swaps the line and lets go of the old one', async () => {
    const one = machine()
    await ways.connected(one)
    const old = one.state.live
    one.lines[0]?.welcome()
    expect(one.state.live?.transport).toBe('websocket')
    expect(old?.open).toBe(false)
  })

  test('a close forgets the attempts', async () => {
    const one = machine()
    await ways.waiting(one)
    one.close()
    one.connect()
    expect(one.state.attempt).toBe(0)
  })
})
