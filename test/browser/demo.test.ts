import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hasChromium, launchChromium, openDemo, visit } from './demo'

const balanced = { lost: 0, doubled: 0, reordered: 0, gaps: 0 }

describe.skipIf(!hasChromium)('the demo page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test('loses, doubles and reorders nothing, whatever its bad network does', async () => {
    const demo = await openDemo()
    const { page, errors, shows, ticks, say, messages, books, eventually } = await visit(browser, demo)
    const toggle = (id: string) => page.getByTestId(id).click()
    await shows('transport', 'WebSocket')
    await say('over WebSocket')
    await ticks(10)

    await toggle('block')
    await toggle('drop')
    await shows('transport', 'long-polling')
    await say('over long-polling')
    await eventually(() => messages('sent')).toEqual(['over WebSocket', 'over long-polling'])
    await ticks(20)

    await toggle('block')
    await shows('transport', 'WebSocket')
    await ticks(10)

    await toggle('offline')
    await shows('status', 'offline')
    await say('written offline')
    await say('this too')
    await shows('pending', /^2$/)
    expect(await messages('pending')).toEqual(['written offline', 'this too'])
    await toggle('offline')
    await eventually(() => messages('sent')).toHaveLength(4)
    await shows('pending', /^0$/)
    await ticks(10)

    await toggle('restart')
    await shows('status', /connecting|waiting/)
    await shows('status', 'connected')
    await ticks(20)
    expect(await books()).toEqual(balanced)

    await toggle('kill')
    await shows('gaps', /^1$/)
    await ticks(20)
    await say('after the loss of memory')
    await eventually(() => messages('sent')).toEqual([
      'over WebSocket',
      'over long-polling',
      'written offline',
      'this too',
      'after the loss of memory',
    ])
    expect(await books()).toEqual({ ...balanced, gaps: 1 })
    await shows('verdict', 'nothing lost, doubled or reordered')
    expect(errors).toEqual([])
    // long-polling is made of simple requests: the browser asked for no permission first
    expect(demo.seen.posts).toBeGreaterThan(0)
    expect(demo.seen.preflights).toBe(0)
  })

  test.each(['refuse', 'strip', 'hang'])(
    'works over long-polling from the start if upgrades meet "%s"',
    async (how) => {
      const demo = await openDemo()
      const { page, shows, ticks, books } = await visit(browser, demo)
      await page.getByTestId('how').selectOption(how)
      await page.getByTestId('block').check()
      await page.reload()
      await shows('transport', 'long-polling')
      await ticks(20)
      expect(await page.getByTestId('block').isChecked()).toBe(true)
      await page.getByTestId('block').uncheck()
      await shows('transport', 'WebSocket')
      await ticks(10)
      expect(await books()).toEqual(balanced)
    },
  )

  test('two visitors see the same messages in the same order, one of them without WebSocket, also after a reload', async () => {
    const demo = await openDemo()
    const ada = await visit(browser, demo, { name: 'Ada' })
    await ada.shows('transport', 'WebSocket')
    const grace = await visit(browser, demo, { name: 'Grace', webSocket: false })
    await grace.shows('transport', 'long-polling')
    for (let i = 1; i <= 5; i++) await Promise.all([ada.say(`Ada ${i}`), grace.say(`Grace ${i}`)])
    for (const { eventually, messages } of [ada, grace]) await eventually(() => messages('sent')).toHaveLength(10)
    const said = await ada.messages()
    expect(said.filter((text) => text.startsWith('Ada'))).toEqual(['Ada 1', 'Ada 2', 'Ada 3', 'Ada 4', 'Ada 5'])
    expect(await grace.messages()).toEqual(said)
    expect(await ada.text('transport')).toBe('WebSocket')
    expect(await grace.text('transport')).toBe('long-polling')
    await grace.page.reload()
    await grace.eventually(() => grace.messages('sent')).toEqual(said)
  })

  test('a message that the server refuses is shown as not sent', async () => {
    const { say, messages, eventually, text } = await visit(browser, await openDemo())
    await say('x'.repeat(201))
    await eventually(() => messages('failed')).toHaveLength(1)
    expect(await text('messages')).toContain('not sent: forbidden')
  })

  test('a page that comes back from the back/forward cache goes on where it was', async () => {
    const demo = await openDemo()
    const { page, shows, ticks, books } = await visit(browser, demo)
    await ticks(10)
    await page.evaluate(() => addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted })))
    await page.goto(new URL('icon.svg', demo.url).href)
    await page.goBack({ waitUntil: 'commit' })
    await shows('status', 'connected')
    await ticks(20)
    expect(await page.evaluate(() => 'persisted' in window && window.persisted)).toBe(true)
    expect(await books()).toEqual(balanced)
  })

  test('fits a window of 400 pixels', async () => {
    const { page, ticks } = await visit(browser, await openDemo(), { viewport: { width: 400, height: 800 } })
    await ticks(1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(400)
  })

  // UPDATE_SCREENSHOT=1 npx vitest run --project browser -t picture
  if (process.env.UPDATE_SCREENSHOT) {
    test('draws its picture for the documentation', async () => {
      const demo = await openDemo()
      const look = { viewport: { width: 1200, height: 800 }, deviceScaleFactor: 2 }
      const ada = await visit(browser, demo, { name: 'Ada', ...look })
      const grace = await visit(browser, demo, { name: 'Grace' })
      const control = (id: string) => ada.page.getByTestId(id).click()
      await ada.ticks(60)
      await ada.say('WebSocket is up. I will block it now.')
      await ada.ticks(5)
      await control('block')
      await grace.say('Still reading you: long-polling took over.')
      await ada.ticks(40)
      await control('block')
      await ada.ticks(70)
      await control('offline')
      await ada.shows('status', 'offline')
      await ada.say('Typed in a tunnel, sent when it ended.')
      await control('offline')
      await ada.ticks(30)
      await control('restart')
      await ada.ticks(45)
      await grace.say('The server was away. Nothing is missing here.')
      await ada.ticks(15)
      await ada.page.mouse.move(0, 0)
      await ada.page.evaluate(() => (document.activeElement as HTMLElement).blur())
      const path = fileURLToPath(new URL('../../docs/images/demo.png', import.meta.url))
      await ada.page.screenshot({ path, fullPage: true })
    })
  }
})
