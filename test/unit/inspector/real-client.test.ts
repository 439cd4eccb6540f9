import { inspect } from 'everwire/inspector'
import { expect, test } from 'vitest'
import { formatDebug } from '../../../src/inspector/format'
import { setUp } from '../../support/harness'

// @vitest-environment happy-dom

test('a real client tells what happens, in words, and never its secret, token or ticket', async () => {
  const { client, environment, connect } = setUp({ auth: () => 'canary-token' })
  const lines: string[] = []
  const raw: string[] = []
  client.debug((event) => {
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
  const { client, connect } = setUp()
  const inspector = inspect(client)
  await connect()
  expect(inspector.export()).toContain('websocket')
  inspector.destroy()
})
