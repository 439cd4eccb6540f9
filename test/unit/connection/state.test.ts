import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Input, type State, type Status, transition } from '../../../src/connection/state'

const error = { code: 1006, reason: 'lost' }
const states: Record<Status, State<string>> = {
  idle: { status: 'idle', attempt: 0 },
  connecting: { status: 'connecting', attempt: 2 },
  connected: { status: 'connected', attempt: 2, live: 'old' },
  waiting: { status: 'waiting', attempt: 2, delay: 100, error },
  offline: { status: 'offline', attempt: 2, error },
  closed: { status: 'closed', attempt: 2 },
}
const inputs: Record<string, Input<string>[]> = {
  connect: [{ type: 'connect' }],
  welcome: [{ type: 'welcome', live: 'new' }],
  lost: [
    { type: 'lost', error, attempt: 3, delay: 100, dialing: false },
    { type: 'lost', error, attempt: 3, delay: 100, dialing: true },
  ],
  fatal: [{ type: 'fatal', error }],
  down: [{ type: 'down' }],
  'up, wake': [{ type: 'up' }, { type: 'wake' }],
  retry: [{ type: 'retry' }],
  close: [{ type: 'close' }],
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
    expect(body.map(([name]) => name)).toEqual(Object.keys(states))
    expect(head.slice(1)).toEqual(Object.keys(inputs))
  })

  for (const [name, ...cells] of body) {
    for (const [i, cell] of cells.entries()) {
      for (const input of inputs[head[i + 1] as string] ?? []) {
        const dialing = input.type === 'lost' && input.dialing
        test(`${name} on ${input.type}${dialing ? ' while a dial runs' : ''} is as it says: ${cell}`, () => {
          const state = states[name as Status]
          const next = transition(state, input)
          const [running, otherwise] = cell.includes(' if a dial runs, else ')
            ? cell.split(' if a dial runs, else ')
            : [cell, cell]
          const expected = dialing && name === 'connected' ? running : otherwise
          if (expected === '·') expect(next).toBe(state)
          else if (expected === 'probe') expect(next).toBe('probe')
          else {
            expect(next).not.toBe(state)
            expect(next).toHaveProperty('status', expected)
          }
        })
      }
    }
  }
})

describe('what a transition carries along', () => {
  test('a new dial keeps the count of attempts, so that a server which accepts and kicks is not hammered', () => {
    expect(transition(states.waiting, { type: 'retry' })).toMatchObject({
      status: 'connecting',
      attempt: 2,
    })
  })

  test('a lost link takes the count it is given', () => {
    expect(transition(states.connected, { type: 'lost', error, attempt: 0, delay: 7, dialing: false })).toMatchObject({
      status: 'waiting',
      attempt: 0,
      delay: 7,
      error,
    })
  })

  test('a welcome while connected swaps the link', () => {
    expect(transition(states.connected, { type: 'welcome', live: 'new' })).toMatchObject({ live: 'new' })
  })
})
