import { expect, test } from 'vitest'
import { guard, type Ports } from '../../../src/transports/guard'
import { turn } from '../../support/fake-clock'

/** A transport in the hands of the test. */
function setup() {
  const log: string[] = []
  const abort = new AbortController()
  let ports!: Ports
  const sink = { receive: (message: unknown) => log.push(String(message)), closed: () => log.push('closed') }
  const opening = guard(sink, abort.signal, (given) => {
    ports = given
  })
  opening.then(
    () => log.push('open'),
    () => log.push('rejected'),
  )
  return { log, abort, ports, opening }
}

test('what is received in the turn of the opening waits for the link, and the end waits behind it', async () => {
  const { log, ports } = setup()
  ports.opened(() => {})
  ports.receive('a')
  ports.receive('b')
  ports.closed({ code: 1000, reason: '' })
  expect(log).toEqual([])
  await turn()
  expect(log).toEqual(['open', 'a', 'b', 'closed'])
})

test('after the first turn nothing waits', async () => {
  const { log, ports } = setup()
  ports.opened(() => {})
  await turn()
  ports.receive('a')
  expect(log).toEqual(['open', 'a'])
})

test('an abort takes back what waits', async () => {
  const { log, ports, abort } = setup()
  ports.opened(() => {})
  ports.receive('a')
  abort.abort()
  await turn()
  expect(log).toEqual(['open'])
})

test('late and repeated reports change nothing', async () => {
  const { log, ports } = setup()
  ports.opened(() => {})
  await turn()
  ports.closed({ code: 1006, reason: '' })
  ports.opened(() => {})
  ports.receive('late')
  ports.closed({ code: 1006, reason: '' })
  await turn()
  expect(log).toEqual(['open', 'closed'])
})

test('what is released runs once, whatever the end, and at once after it', async () => {
  for (const end of ['close', 'abort', 'closed', 'refused'] as const) {
    const { ports, abort, opening } = setup()
    const released: string[] = []
    ports.release(() => released.push('before'))
    if (end !== 'refused') {
      ports.opened(() => {})
      const link = await opening
      if (end === 'close') link.close()
    }
    if (end === 'abort') abort.abort()
    ports.closed({ code: 1006, reason: '' })
    expect(ports.alive()).toBe(false)
    ports.release(() => released.push('after'))
    abort.abort()
    expect(released).toEqual(['before', 'after'])
    await opening.catch(() => {})
  }
})
