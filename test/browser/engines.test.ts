import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Browser } from './engines/engine'
import { chromium, firefox } from './engines/playwright'
import { visit } from './engines/visit'
import { webkit } from './engines/webkit'

/** What the client needs of a browser, asked of each engine: the built package in a real page, the server at another origin. */
describe.each([chromium, firefox, webkit])('in $name', ({ program, launch }) => {
  describe.skipIf(!program)('a page', () => {
    let browser: Browser
    beforeAll(async () => {
      browser = await launch()
    })
    afterAll(() => browser?.close())

    test.each([
      ['websocket', undefined],
      ['polling', ['polling']],
    ] as const)('carries events, bytes and requests by %s', async (transport, transports) => {
      const { by, publish, say, tab, until, balance } = await visit(browser, {
        client: transports ? { transports } : {},
      })
      await by(transport)
      await Promise.all([publish(50), say(50)])
      await balance()
      await tab.evaluate('void (paint(0, 127, 128, 255), ask(2))')
      await until(`JSON.stringify([books.bytes, window.answer]) === '[[[0,127,128,255]],["line 0","line 1"]]'`)
      await by(transport)
    })

    test('long-polling at another origin costs no preflight', async () => {
      const client = { transports: ['polling'] as const }
      const { publish, say, balance, methods } = await visit(browser, { client })
      for (let i = 0; i < 3; i++) {
        await Promise.all([publish(5), say(5)])
        await balance()
      }
      expect(new Set(methods)).toEqual(new Set(['POST']))
    })

    test('a fetch of its own that names a content type costs a preflight, and works', async () => {
      const { methods } = await visit(browser, {
        client: { transports: ['polling'], contentType: 'application/json' },
      })
      expect(methods).toContain('OPTIONS')
    })

    test.each([{ upgrade: 403 }, { upgrade: 'strip' }, { upgrade: 'hang' }] as const)(
      'falls back where upgrades meet %j, and takes WebSocket when the network changes and they pass',
      async (rules) => {
        const { by, publish, say, proxy, tab, balance } = await visit(browser, { rules })
        await by('polling')
        await Promise.all([publish(20), say(20)])
        await balance()
        proxy.set({ upgrade: 'pass' })
        await tab.evaluate(`void dispatchEvent(new Event('online'))`)
        await by('websocket')
        await Promise.all([publish(20), say(20)])
        await balance()
      },
    )

    test.each(['websocket', 'polling'] as const)(
      'offline it queues; back online it dials at once (%s)',
      async (name) => {
        const client = { transports: [name] }
        const { by, publish, say, network, until, told, balance } = await visit(browser, { client })
        await by(name)
        await network(false)
        await until(`client.state.status === 'offline'`)
        await say(10)
        await publish(10)
        await until('client.state.pending === 10')
        await network(true)
        await told(/offline,online,connecting,handled/)
        await balance()
      },
    )

    test('a hidden tab is served, and proves its link when it is hidden and when it is shown', async () => {
      const { by, publish, say, tab, told, until, proxy, balance } = await visit(browser)
      await by('websocket')
      const { upgrades } = proxy.stats
      await tab.hide()
      await told(/hidden.*ping/)
      expect(await tab.evaluate('document.visibilityState')).toBe('hidden')
      await Promise.all([publish(20), say(20)])
      await balance()
      await tab.show()
      await told(/visible.*ping/)
      expect(proxy.stats.upgrades).toBe(upgrades)
      // its link dies unseen
      await tab.hide()
      await until(`document.visibilityState === 'hidden'`)
      proxy.silence()
      await publish(20)
      await tab.show()
      await balance()
      expect(proxy.stats.upgrades).toBeGreaterThan(upgrades)
    })

    test.each(['websocket', 'polling'] as const)(
      'a page that was left and is come back to goes on, whether or not it was kept (%s)',
      async (name) => {
        const { by, publish, say, tab, until, origin, balance } = await visit(browser, {
          client: { transports: [name] },
        })
        await by(name)
        await Promise.all([publish(20), say(20)])
        await balance()
        await tab.goto(origin)
        await publish(20)
        await tab.back()
        await until('window.client && isJoined()')
        // Chromium and WebKit keep a page with open connections, Firefox loads it anew
        const isKept = await tab.evaluate<boolean>(`told.includes('pageshow')`)
        await publish(20)
        if (isKept) await balance()
        else await until('books.seen.length === 20')
      },
    )

    test('a page that was kept while it waited dials as soon as it is shown', async () => {
      const { by, publish, tab, proxy, until, told, origin, balance } = await visit(browser)
      await by('websocket')
      proxy.offline(true)
      await tab.evaluate('void pretend(false)')
      await until(`client.state.status === 'offline'`)
      await publish(20)
      await tab.goto(origin)
      proxy.offline(false)
      await tab.back()
      await told(/(visible|pageshow),connecting,handled/)
      await told(/pageshow/)
      await balance()
    })
  })
})
