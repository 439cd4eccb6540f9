import { createDebug, inspect } from 'everwire/inspector'
import { expect, test } from 'vitest'
import { formatDebug } from '../../../src/inspector/format'
import { setUp } from '../../support/harness'

// @vitest-environment happy-dom

test('a real client tells what happens, in words, and never its secret, token or ticket', async () => {
  const { client, environment, connect } = setUp({ auth: () => 'canary-token', debug: createDebug() })
  const lines: string[] = []
  const raw: string[] = []
  client.debug?.((event) => {
    lines.push(formatDebug(event))
    raw.push(JSON.stringify(event))
  })
  const dial = await connect()
  const room = client.channel('room')
  room.on('message', () => {})
  await environment.advance(0)
  dial.deliver(['s', 'room', 0, ['E', 4]], ['m', 'room', 5, 'message', { text: 'hi' }])
  dial.deliver(['g', 'room', ['F', 9], 'epoch', null, ['E', 5]])
  await client.refreshAuth()
  dial.drop({ code: 1006, reason: 'cable' })
  await environment.advance(0)
  const types = raw.map((text) => (JSON.parse(text) as { type: string }).type)
  for (const type of ['dial', 'open', 'send', 'receive', 'state', 'channel', 'gap', 'lost'])
    expect(types).toContain(type)
  for (const secret of ['canary-token', 'secret-1', 'ticket'])
    for (const text of [...lines, ...raw]) expect(text).not.toContain(secret)
})

test('the inspector takes a real client', async () => {
  const { client, connect } = setUp({ debug: createDebug() })
  const inspector = inspect(client)
  await connect()
  expect(inspector.export()).toContain('websocket')
  inspector.destroy()
})

test('a client without a debug stream says what is missing', () => {
  const { client } = setUp()
  expect(client.debug).toBeUndefined()
  expect(() => inspect(client)).toThrow('createDebug')
})

test('what a server says before it ends a link is the reason of its end', async () => {
  const { client, environment, websocket, connect } = setUp({ debug: createDebug(() => 5) })
  const told: unknown[] = []
  client.debug?.(({ at, type, ...facts }) => (type === 'lost' || type === 'fail') && told.push([at, type, facts]))
  const dial = await connect()
  dial.deliver(['b', 4001, 'restart', 10])
  await environment.advance(1_000)
  ;(await websocket.next()).refuse({ code: 1006, reason: 'cable' })
  expect(told).toEqual([
    [5, 'lost', { transport: 'websocket', code: 4001, reason: 'restart' }],
    [5, 'fail', { transport: 'websocket', code: 1006, reason: 'cable' }],
  ])
})

test('who listens late is told the end of a link that was welcomed before as its loss', async () => {
  const { client, connect } = setUp({ debug: createDebug() })
  const dial = await connect()
  const told: string[] = []
  client.debug?.(({ type }) => told.push(type))
  dial.drop({ code: 1006, reason: 'cable' })
  expect(told).toContain('lost')
  expect(told).not.toContain('fail')
})
