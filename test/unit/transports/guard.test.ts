import { expect, test } from 'vitest'
import { guard, type Port } from '../../../src/transports/guard'
import { turn } from '../../support/fake-clock'

/** A transport in the hands of the test. */
function setup(start: () => unknown = () => {}) {
  const log: string[] = []
  let port!: Port
  const sink = { receive: (message: unknown) => log.push(String(message)), closed: () => log.push('closed') }
  const link = guard(sink, (given) => {
    port = given
    return { start, write: (message) => log.push(`wrote ${message}`), release: () => log.push('released') }
  })
  return { log, link, port }
}

test('a driver starts after open has returned, and not if it was closed in the same turn', async () => {
  for (const closes of [false, true]) {
    let started = false
    const { link } = setup(() => {
      started = true
    })
    expect(started).toBe(false)
    if (closes) link.close()
    await turn()
    expect(started).toBe(!closes)
  }
})

test.each([
  () => {
    throw new Error('at once')
  },
  async () => {
    throw new Error('later')
  },
])('what a driver throws when it starts ends the link', async (start) => {
  const { log } = setup(start)
  await turn()
  expect(log).toEqual(['released', 'closed'])
})

test('late and repeated reports change nothing', () => {
  const { log, port } = setup()
  port.receive('a')
  port.closed({ code: 1006, reason: '' })
  port.receive('late')
  port.closed({ code: 1006, reason: '' })
  expect(log).toEqual(['a', 'released', 'closed'])
  expect(port.alive).toBe(false)
})

test('after close() nothing is heard and nothing is written, and it is released once', () => {
  const { log, link, port } = setup()
  link.send('a')
  link.close()
  link.close()
  link.send('b')
  port.receive('late')
  port.closed({ code: 1006, reason: '' })
  expect(log).toEqual(['wrote a', 'released'])
})
