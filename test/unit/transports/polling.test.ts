import { describe, expect, test } from 'vitest'
import { createPollingTransport, type PollingOptions } from '../../../src/transports/polling'
import { turn } from '../../support/fake-clock'
import { createFakeEnvironment } from '../../support/fake-environment'
import { createFakeFetch, type FakeRequest } from '../../support/fake-fetch'
import { openLink } from '../../support/open-link'

const event = '["m","room:42",1,"message",{"text":"hi"}]'
const nothing = '["i"]'

/** A dial; its preamble counts how often it was asked for, and tells the kind. */
function dial(options?: PollingOptions) {
  const net = createFakeFetch()
  const environment = createFakeEnvironment({ fetch: () => net.fetch })
  const holds: number[] = []
  const { link, received, closed, opening } = openLink(
    createPollingTransport(environment, options),
    'wss://example.com/rt',
    (holdMs) => {
      holds.push(Number(holdMs))
      return [`${holdMs ? 'held' : 'short'} ${holds.length}`]
    },
  )
  const bodies = (requests: FakeRequest[]) => requests.map(({ body }) => body.replaceAll('\n', ' '))
  return {
    net,
    environment,
    received,
    closed,
    link,
    holds,
    opening,
    bodies,
    get asked() {
      return bodies(net.requests.all)
    },
  }
}

/** A link whose hello was answered; `done` ends the test tidily. */
async function connect(options?: PollingOptions) {
  const dialled = dial(options)
  const hello = await dialled.net.requests.next()
  hello.answer(nothing)
  const link = await dialled.opening
  await turn()
  dialled.received.length = 0
  return { ...dialled, link, hello }
}

/** The same with a held poll in flight, which is the last request so far. */
async function listen() {
  const connected = await connect()
  connected.link.send('')
  await turn()
  const held = connected.net.requests.all[1] as FakeRequest
  return { ...connected, held, newest: () => connected.net.requests.all.at(-1) as FakeRequest }
}

describe('the hello', () => {
  test('is one unheld POST that needs no preflight and carries no cookies', async () => {
    const { hello, link } = await connect()
    expect(hello.url).toBe('https://example.com/rt')
    const { method, headers, credentials, redirect, body } = hello.init
    expect({ method, headers, credentials, redirect, body }).toEqual({
      method: 'POST',
      headers: undefined,
      credentials: 'omit',
      redirect: 'manual',
      body: 'short 1',
    })
    expect(new Request('http://x', { method: 'POST', body: String(body) }).headers.get('content-type')).toBe(
      'text/plain;charset=UTF-8',
    )
    link.close()
  })

  test('carries cookies if it is told to', async () => {
    const { hello, link } = await connect({ credentials: true })
    expect(hello.init.credentials).toBe('include')
    link.close()
  })

  test('its answer is the first thing received', async () => {
    const { net, opening, received } = dial()
    const hello = await net.requests.next()
    hello.answer(event)
    const link = await opening
    expect(received).toEqual([event])
    link.close()
  })

  test('is tried twice, then the dial has failed', async () => {
    const { net, opening } = dial()
    const first = await net.requests.next()
    first.fail()
    const second = await net.requests.next()
    second.fail(new TypeError('fetch failed'))
    await expect(opening).rejects.toEqual({ code: 1006, reason: 'TypeError: fetch failed' })
    await turn()
    expect(first.body).toBe('short 1')
    expect(net.requests.all).toHaveLength(2)
  })

  test('that has no answer after 2.5 s gets a second one beside it: an answer ends what was asked before it', async () => {
    for (const winner of [0, 1]) {
      const { net, environment, opening, received, link, bodies: bodiesOf } = dial()
      await net.requests.next()
      await environment.advance(2_499)
      expect(net.requests.all).toHaveLength(1)
      await environment.advance(1)
      expect(net.open).toHaveLength(2)
      net.open[winner]?.answer(event)
      await opening
      await turn()
      expect(bodiesOf(net.open)).toEqual(winner ? [] : ['short 2'])
      net.open[0]?.answer(event)
      await environment.advance(400)
      expect(bodiesOf(net.open)).toEqual(['held 3'])
      expect(received).toEqual(winner ? [event] : [event, event])
      link.close()
    }
  })

  test('a platform without fetch is a failed dial', async () => {
    const { opening } = openLink(createPollingTransport(createFakeEnvironment()), 'https://example.com/rt')
    await expect(opening).rejects.toMatchObject({ code: 1006, reason: expect.stringContaining('fetch') })
  })
})

describe('an answer', () => {
  test.each([
    ['HTML of a captive portal', '<html>["log in"]</html>', 200],
    ['an error page', 'Bad gateway', 502],
    ['nothing at all', '', 200],
    ['JSON of somebody else', '{"error":"no"}', 200],
    ['null', 'null', 200],
    ['an array that is no frame', '[1,2]', 200],
    ['an answer cut within a frame', `${event}\n${event.slice(0, 20)}`, 200],
    ['an answer cut where a bracket closes', '["m","room:42",1,"list",[[1],[2]', 200],
  ])('that is %s is a failure, not data', async (_, text, status) => {
    const { held, received, newest, link } = await listen()
    held.answer(text, status)
    await turn()
    expect(received).toEqual([])
    expect(newest()).not.toBe(held)
    link.close()
  })

  test.each([403, 413, 415, 500])('of status %i that speaks the protocol is received', async (status) => {
    const { held, received, link } = await listen()
    held.answer('["b",4504,"origin",null]\n', status)
    await turn()
    expect(received).toEqual(['["b",4504,"origin",null]'])
    link.close()
  })

  test('is received as a whole', async () => {
    const { held, received, link } = await listen()
    held.answer(`${event}\n${event}`)
    await turn()
    expect(received).toEqual([`${event}\n${event}`])
    link.close()
  })
})

describe('held polls', () => {
  test('the first starts by itself as long after the hello as the hello took, and a bit', async () => {
    const { net, environment, opening } = dial()
    const hello = await net.requests.next()
    await environment.advance(150)
    hello.answer(nothing)
    const link = await opening
    await environment.advance(179)
    expect(net.requests.all).toHaveLength(1)
    await environment.advance(1)
    expect(net.requests.all[1]?.body).toBe('held 2')
    expect(hello.body).toBe('short 1')
    link.close()
  })

  test.each([
    [0, 30],
    [2_000, 400],
  ])('after a hello of %i ms it starts after %i ms', async (took, stagger) => {
    const { net, environment, opening } = dial()
    const hello = await net.requests.next()
    await environment.advance(took)
    hello.answer(nothing)
    const link = await opening
    await environment.advance(stagger - 1)
    expect(net.requests.all).toHaveLength(1)
    await environment.advance(1)
    expect(net.requests.all).toHaveLength(2)
    link.close()
  })

  test('one that was asked for earlier is the only one', async () => {
    const { net, environment, link } = await listen()
    await environment.advance(1_000)
    expect(net.requests.all).toHaveLength(2)
    link.close()
  })

  test('each is followed by the next, in the same turn, without a timer that a hidden page would slow down', async () => {
    const { held, newest, environment, link } = await listen()
    await environment.advance(30)
    held.answer(event)
    await turn()
    expect(newest()).not.toBe(held)
    expect(newest().body).toBe('held 3')
    expect(environment.pending).toBe(1) // its deadline
    link.close()
  })

  test('are asked to be held for 22.5 to 25 s', async () => {
    const { holds, link } = await listen()
    expect(holds[1]).toBeGreaterThanOrEqual(22_500)
    expect(holds[1]).toBeLessThanOrEqual(25_000)
    link.close()
  })

  test('a newer one starts beside the older, which is aborted when the newer answers', async () => {
    const { held, newest, received, environment, link } = await listen()
    link.send('')
    await turn()
    const newer = newest()
    expect([held.state, newer.state]).toEqual(['open', 'open'])
    await environment.advance(30)
    newer.answer(event)
    await turn()
    expect(held.state).toBe('aborted')
    expect(received).toEqual([event])
    expect(newest().body).toBe('held 4')
    link.close()
  })

  test('an older one that answers first is heard, and the newer stays', async () => {
    const { net, held, newest, received, link } = await listen()
    link.send('')
    await turn()
    const newer = newest()
    held.answer(event)
    await turn()
    expect(received).toEqual([event])
    expect(net.open).toEqual([newer])
    link.close()
  })

  test('two that are answered in the same turn are followed by one', async () => {
    const { net, held, newest, environment, bodies, link } = await listen()
    await environment.advance(30)
    link.send('')
    await environment.advance(30)
    newest().answer(event)
    held.answer(event)
    await environment.advance(10)
    expect(bodies(net.open)).toEqual(['held 4'])
    expect(net.requests.all).toHaveLength(4)
    link.close()
  })

  test('no more than three are in flight, and what is wanted beyond them waits', async () => {
    const { net, held, bodies, link } = await listen()
    for (let i = 0; i < 4; i++) {
      link.send('')
      await turn()
    }
    expect(bodies(net.open)).toEqual(['held 2', 'held 3', 'held 4'])
    held.answer(nothing)
    await turn()
    expect(bodies(net.open)).toEqual(['held 3', 'held 4', 'held 5'])
    link.close()
  })

  test('a newer one that does not make the server answer the older gets another beside it', async () => {
    const { net, environment, bodies, newest, link } = await listen()
    link.send('')
    await environment.advance(2_499)
    expect(bodies(net.open)).toEqual(['held 2', 'held 3'])
    await environment.advance(1)
    expect(bodies(net.open)).toEqual(['held 2', 'held 3', 'held 4'])
    newest().answer(event)
    await environment.advance(10)
    expect(bodies(net.open)).toEqual(['held 5'])
    link.close()
  })

  test('a poll that is answered with nothing at once is followed by a pause', async () => {
    const { net, newest, environment, link } = await listen()
    const before = net.requests.all.length
    newest().answer(nothing)
    await environment.advance(999)
    expect(net.requests.all).toHaveLength(before)
    await environment.advance(1)
    expect(net.requests.all).toHaveLength(before + 1)
    link.close()
  })

  test('polls that bring small events quickly do not; they start 10 ms apart', async () => {
    const { net, newest, environment, link } = await listen()
    const before = environment.now()
    for (let i = 0; i < 20; i++) {
      newest().answer('["m","c",1,"e",1]')
      await environment.advance(10)
    }
    expect(net.requests.all).toHaveLength(22)
    expect(environment.now() - before).toBe(200)
    newest().answer(event)
    await environment.advance(9)
    expect(net.requests.all).toHaveLength(22)
    link.close()
  })
})

describe('what is said', () => {
  test('in one turn shares one exchange', async () => {
    const { net, bodies, link } = await connect()
    link.send('')
    link.send('["e",1]')
    link.send('["e",2]')
    link.send('')
    await turn()
    expect(bodies(net.open)).toEqual(['held 2 ["e",1] ["e",2]'])
    link.close()
  })

  test('while three are in flight shares the next', async () => {
    const { net, bodies, link } = await connect()
    for (let n = 1; n <= 6; n++) {
      link.send(`["e",${n}]`)
      await turn()
    }
    expect(bodies(net.open)).toEqual([2, 3, 4].map((n) => `held ${n} ["e",${n - 1}]`))
    net.open[0]?.answer(nothing)
    await turn()
    expect(bodies(net.open).at(-1)).toBe('held 5 ["e",4] ["e",5] ["e",6]')
    link.close()
  })

  test('in a burst is spread over as many as the frame limit asks for', async () => {
    const { net, link } = await connect()
    for (let n = 0; n < 120; n++) link.send(`["e",${n}]`)
    await turn()
    const lines = net.open.map(({ body }) => body.split('\n').slice(1))
    expect(lines.map(({ length }) => length)).toEqual([50, 50, 20])
    expect(lines.flat()).toEqual(Array.from({ length: 120 }, (_, n) => `["e",${n}]`))
    link.close()
  })
})

test('what was said in the turn of close() is sent all the same, by a request that outlives the page', async () => {
  const { net, held, bodies, link } = await listen()
  link.send('["x"]')
  link.close()
  await turn()
  expect(held.state).toBe('aborted')
  expect(bodies(net.open)).toEqual(['short 3 ["x"]'])
  expect(net.open[0]?.init.keepalive).toBe(true)
  net.open[0]?.fail()
  await turn()
})

test('close() aborts what is in flight, and nothing that is done', async () => {
  const { hello, held, link } = await listen()
  link.close()
  expect(held.state).toBe('aborted')
  expect(hello.init.signal?.aborted).toBe(false)
})

describe('failures', () => {
  test('an exchange is tried again after 0, 250 and 500 ms, with a preamble of its own, before the link is lost', async () => {
    const { net, environment, closed, bodies } = await listen()
    const at: number[] = []
    for (let tries = 0; tries < 4; tries++) {
      at.push(environment.now())
      expect(bodies(net.open)).toEqual([`held ${tries + 2}`])
      net.open[0]?.fail()
      await turn()
      for (let ms = 0; ms < 500 && net.open.length === 0; ms += 10) await environment.advance(10)
    }
    expect(at).toEqual([0, 0, 250, 750])
    expect(closed).toEqual([{ code: 1006, reason: 'TypeError: fetch failed' }])
    expect(net.open).toEqual([])
    expect(environment.pending).toBe(0)
  })

  test('an older poll that is answered while the newest waits to be tried again shows that the way is open: it is, at once', async () => {
    const { net, held, newest, bodies, environment, closed, link } = await listen()
    link.send('')
    await turn()
    for (let tries = 0; tries < 2; tries++) {
      newest().fail()
      await turn()
    }
    expect(net.open).toEqual([held])
    await environment.advance(100)
    held.answer(event)
    await turn()
    expect(bodies(net.open)).toEqual(['held 5'])
    expect(closed).toEqual([])
    link.close()
  })

  test('what must be said once is not said again', async () => {
    const { net, bodies, link } = await connect()
    link.send('["e",1]')
    await turn()
    net.open[0]?.fail()
    await turn()
    expect(bodies(net.open)).toEqual(['held 3'])
    link.close()
  })

  test('an answer in between starts the count anew', async () => {
    const { newest, environment, closed, link } = await listen()
    for (let i = 0; i < 5; i++) {
      for (let tries = 0; tries < 3; tries++) {
        newest().fail()
        await environment.advance(500)
      }
      newest().answer(event)
      await turn()
    }
    expect(closed).toEqual([])
    link.close()
  })

  test('an exchange without an answer for 10 s beyond its hold loses the link', async () => {
    const { holds, environment, closed } = await listen()
    await environment.advance(Number(holds[1]) + 9_999)
    expect(closed).toEqual([])
    await environment.advance(1)
    expect(closed).toEqual([{ code: 1006, reason: 'timeout' }])
  })

  test('a proxy that cuts what is held for 20 s is outwitted without losing the link', async () => {
    const { newest, holds, environment, closed, link } = await listen()
    let cuts = 0
    for (let i = 0; i < 6; i++) {
      const asked = Number(holds.at(-1))
      await environment.advance(Math.min(asked, 20_000))
      if (asked > 20_000) {
        newest().answer('<html>504</html>', 504)
        cuts++
      } else newest().answer(nothing)
      await turn()
    }
    expect(cuts).toBe(1)
    expect(closed).toEqual([])
    link.close()
  })

  test('what was learned about a proxy outlives the link', async () => {
    const net = createFakeFetch()
    const environment = createFakeEnvironment({ fetch: () => net.fetch })
    const transport = createPollingTransport(environment)
    const holds: number[] = []
    async function open() {
      const { opening } = openLink(transport, 'https://x/', (ms) => {
        holds.push(Number(ms))
        return []
      })
      await turn()
      net.open[0]?.answer(nothing)
      const link = await opening
      await environment.advance(30)
      return link
    }
    const link = await open()
    for (let i = 0; i < 2; i++) {
      await environment.advance(15_000)
      net.open[0]?.fail()
      await turn()
    }
    link.close()
    const next = await open()
    expect(holds.at(-1)).toBeLessThan(15_000)
    next.close()
  })
})
