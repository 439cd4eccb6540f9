import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startDemo } from '../../examples/vanilla/server.mjs'
import { hasChromium, launchChromium } from './chromium'

const picture = fileURLToPath(new URL('../../docs/images/demo.png', import.meta.url))

describe.skipIf(!hasChromium)('the demo page in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  async function openDemo() {
    const demo = await startDemo({ port: 0, quiet: true })
    onTestFinished(() => demo.close())
    const page = await browser.newPage({ viewport: { width: 1240, height: 720 }, deviceScaleFactor: 2 })
    onTestFinished(() => page.close())
    const problems: string[] = []
    page.on('pageerror', (error) => problems.push(String(error)))
    await page.goto(demo.url)
    return { demo, page, problems }
  }

  const shows = (page: Page, id: string, text: string | RegExp) =>
    expect.poll(() => page.getByTestId(id).textContent(), { timeout: 20_000 }).toMatch(text)
  const number = async (page: Page, id: string) => Number.parseInt((await page.getByTestId(id).textContent()) ?? '', 10)
  /** Waits until `count` more ticks have come. */
  async function ticks(page: Page, count: number) {
    const before = await number(page, 'received')
    await expect.poll(() => number(page, 'received'), { timeout: 20_000 }).toBeGreaterThanOrEqual(before + count)
  }
  async function say(page: Page, text: string) {
    await page.getByTestId('text').fill(text)
    await page.getByTestId('send').click()
  }

  test('keeps its books balanced through everything the bad network does', async () => {
    const { demo, page, problems } = await openDemo()
    await shows(page, 'transport', 'websocket')
    await ticks(page, 10)
    await say(page, 'Hello over WebSocket')
    await expect.poll(() => page.locator('[data-state=sent]').count()).toBe(1)

    await page.getByTestId('block').check()
    await page.getByTestId('drop').click()
    await shows(page, 'transport', 'polling')
    await ticks(page, 10)
    await say(page, 'WebSocket is blocked: this went over HTTP')
    await expect.poll(() => page.locator('[data-state=sent]').count()).toBe(2)

    await page.getByTestId('block').uncheck()
    await shows(page, 'transport', 'websocket')
    await ticks(page, 10)

    await page.getByTestId('offline').check()
    await shows(page, 'status', /waiting|offline/)
    await say(page, 'Written offline')
    await say(page, 'and sent when the network came back')
    await shows(page, 'pending', '2')
    await page.getByTestId('offline').uncheck()
    await expect.poll(() => page.locator('[data-state=sent]').count(), { timeout: 25_000 }).toBe(4)

    await shows(page, 'transport', 'websocket')
    await page.getByTestId('restart').click()
    await ticks(page, 15)
    await shows(page, 'status', 'connected')
    await shows(page, 'gaps', /^0$/)
    await shows(page, 'verdict', 'nothing lost, doubled or reordered')
    if (process.env.UPDATE_SCREENSHOT) {
      await shows(page, 'transport', 'websocket')
      await ticks(page, 20)
      await page.screenshot({ path: picture })
    }

    await page.getByTestId('kill').click()
    await shows(page, 'gaps', /^1$/)
    await ticks(page, 10)
    for (const id of ['lost', 'doubled', 'reordered']) expect(await number(page, id)).toBe(0)
    expect(await number(page, 'gaps')).toBe(1)
    expect(await page.getByTestId('messages').locator('li').allTextContents()).toEqual([
      'Hello over WebSocket',
      'WebSocket is blocked: this went over HTTP',
      'Written offline',
      'and sent when the network came back',
    ])
    expect(problems).toEqual([])
    // long-polling is made of simple requests: the browser asked for no permission first
    expect(demo.log).toContain('POST')
    expect(demo.log).not.toContain('OPTIONS')
  })

  test('two pages see the same messages in the same order, one of them without WebSocket', async () => {
    const { demo, page } = await openDemo()
    await shows(page, 'transport', 'websocket')
    await page.getByTestId('block').check()
    const other = await browser.newPage()
    onTestFinished(() => other.close())
    await other.goto(demo.url)
    await shows(other, 'transport', 'polling')
    for (let i = 0; i < 5; i++) {
      await say(page, `from one ${i}`)
      await say(other, `from the other ${i}`)
    }
    for (const each of [page, other]) {
      await expect.poll(() => each.getByTestId('messages').locator('li').count(), { timeout: 20_000 }).toBe(10)
      await expect.poll(() => each.locator('[data-state=pending]').count()).toBe(0)
    }
    await page.reload()
    await other.reload()
    const texts = async (each: Page) => {
      await expect.poll(() => each.getByTestId('messages').locator('li').count(), { timeout: 20_000 }).toBe(10)
      return each.getByTestId('messages').locator('li').allTextContents()
    }
    expect(await texts(page)).toEqual(await texts(other))
  })
})
