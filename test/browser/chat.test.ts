import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { behindProxy, join, startChat } from './chat'
import { hasChromium, launchChromium } from './demo'

describe.skipIf(!hasChromium)('the chat example in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test('two people talk, one of them without WebSocket, across a crash of the server', {
    timeout: 300_000,
  }, async () => {
    const server = await startChat()
    const ada = await join(browser, server.url, 'Ada')
    const grace = await join(browser, await behindProxy(server), 'Grace')
    await ada.shows('transport', 'WebSocket')
    await grace.shows('transport', 'long-polling')
    for (const { shows } of [ada, grace]) await shows('viewers', /^2$/)

    // typing is shown to the other one, until the message is there
    const typing = await ada.history('typing')
    await grace.input.pressSequentially('hello')
    await ada.eventually(typing).toContain('Grace is typing')
    await grace.input.press('Enter')
    await ada.eventually(() => ada.said()).toEqual(['hello'])
    await ada.shows('typing', /^$/)

    // both at once: one order for everyone
    for (let i = 1; i <= 5; i++) await Promise.all([ada.say(`Ada ${i}`), grace.say(`Grace ${i}`)])
    for (const { eventually, said } of [ada, grace]) await eventually(said).toHaveLength(11)
    const before = await ada.said()
    expect(before.filter((text) => text.startsWith('Grace'))).toEqual([1, 2, 3, 4, 5].map((i) => `Grace ${i}`))
    expect(await grace.said()).toEqual(before)

    // who comes later reads the history
    const linus = await join(browser, server.url, 'Linus')
    await linus.eventually(() => linus.said()).toEqual(before)
    await ada.shows('viewers', /^3$/)
    expect(await ada.gaps()).toBe(0)

    // a send meets a server that is about to die, another one a server that is away
    server.freeze()
    await ada.say('in flight')
    await ada.eventually(() => ada.said('pending')).toEqual(['in flight'])
    await ada.shows('pending', /^1$/)
    await server.kill()
    await ada.shows('status', /connecting|waiting/)
    await ada.say('while it was away')
    await ada.shows('pending', /^2$/)
    const successor = await startChat({ port: server.port })

    // its memory is gone: everyone is told, once, and nobody has to reload
    for (const { eventually, gaps } of [ada, grace, linus]) await eventually(gaps).toBe(1)
    // Nobody can know what became of the one in flight, so its author decides. The other one was never tried, or was by a link that died;
    // it is either here or as uncertain, never both and never nothing.
    await ada.shows('pending', /^0$/)
    const uncertain = await ada.said('unknown')
    expect(uncertain[0]).toBe('in flight')
    expect([...(await ada.said()).slice(before.length), ...uncertain].sort()).toEqual([
      'in flight',
      'while it was away',
    ])
    for (const text of uncertain) {
      await ada.page.locator('.row', { hasText: text }).getByRole('button', { name: 'Send again' }).click()
      await grace.eventually(() => grace.said()).toContain(text)
    }
    await grace.say('there you are')
    // who came back only after Ada's queued message was published has it in the gap
    const sure = (texts: string[]) => texts.filter((text) => text !== 'while it was away')
    await ada.eventually(() => ada.said()).toHaveLength(before.length + 3)
    for (const { eventually, said, gaps } of [ada, grace, linus]) {
      await eventually(said).toContain('there you are')
      expect((await said()).slice(0, before.length)).toEqual(before)
      expect(sure(await said())).toEqual(sure(await ada.said()))
      expect(await gaps()).toBe(1)
    }
    expect((await ada.said()).at(-1)).toBe('there you are')
    for (const state of ['pending', 'accepted', 'failed', 'unknown'] as const) expect(await ada.said(state)).toEqual([])
    await ada.shows('transport', 'WebSocket')
    await grace.shows('transport', 'long-polling')
    for (const { errors } of [ada, grace, linus]) expect(errors).toEqual([])
    expect(await successor.interrupt()).toBe(0)
  })

  test('what the server refuses is shown with its reason, and can be discarded', async () => {
    const { say, said, eventually, press, page } = await join(browser, (await startChat()).url, 'Ada')
    await say('x'.repeat(301))
    await eventually(() => said('failed')).toHaveLength(1)
    expect(await page.locator('.outcome').textContent()).toContain('Not sent: At most 300 characters')
    await press('Try again')
    await eventually(() => said('failed')).toHaveLength(1)
    await press('Discard')
    await eventually(() => page.locator('.row').count()).toBe(0)
  })

  test('the switch blocks WebSocket and lets it through again; the history stays', async () => {
    const { page, shows, say, said, eventually } = await join(browser, (await startChat()).url, 'Ada')
    const control = page.getByLabel('Block WebSocket')
    await shows('transport', 'WebSocket')
    await say('over WebSocket')
    await eventually(said).toEqual(['over WebSocket'])
    await control.click()
    await shows('transport', 'long-polling')
    await say('over long-polling')
    await eventually(said).toEqual(['over WebSocket', 'over long-polling'])
    expect(await control.isChecked()).toBe(true)
    await control.click()
    await shows('transport', 'WebSocket')
    await eventually(said).toEqual(['over WebSocket', 'over long-polling'])
  })

  test('fits a phone', async () => {
    const look = { viewport: { width: 360, height: 640 } }
    const { page, input, say, said, eventually } = await join(browser, (await startChat()).url, 'Ada', look)
    for (let i = 1; i <= 20; i++) await say(`message ${i}`)
    await eventually(said).toHaveLength(20)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360)
    const composer = await input.boundingBox()
    expect(composer!.y + composer!.height).toBeLessThan(640)
    // the list follows its end
    const last = page.locator('.said').last()
    await eventually(async () => ((await last.boundingBox())?.y ?? Number.POSITIVE_INFINITY) < composer!.y).toBe(true)
  })

  // UPDATE_SCREENSHOT=1 npx vitest run --project browser test/browser/chat.test.ts -t picture
  if (process.env.UPDATE_SCREENSHOT) {
    test('draws its picture for the documentation', async () => {
      const server = await startChat()
      const sharp = { deviceScaleFactor: 1.5, timezoneId: 'UTC' }
      const ada = await join(browser, server.url, 'Ada', { ...sharp, viewport: { width: 1080, height: 690 } })
      const phone = { ...sharp, viewport: { width: 350, height: 690 }, colorScheme: 'dark' } as const
      const grace = await join(browser, await behindProxy(server), 'Grace', phone)
      const linus = await join(browser, server.url, 'Linus')
      const all = [ada, grace, linus]
      const lines = [
        [linus, 'Is this thing on?'],
        [ada, 'Loud and clear. The ridge is just coming out of the mist.'],
        [grace, 'The proxy here blocks WebSocket.'],
        [grace, 'Long-polling all the way, and still on time.'],
        [linus, 'I am on a train. Three tunnels so far, nothing missing.'],
        [ada, 'Same messages, same order?'],
        [grace, 'Same messages, same order.'],
      ] as const
      let count = 0
      for (const [who, text] of lines) {
        await who.say(text)
        count++
        for (const { eventually, said } of all) await eventually(said).toHaveLength(count)
      }
      await ada.input.fill('Three, two, one…')
      await linus.input.pressSequentially('here it c')
      await ada.shows('typing', 'Linus is typing')
      await grace.shows('typing', /are typing/)
      for (let i = 0; i < 9; i++) {
        await linus.press('Cheer')
        await grace.eventually(() => grace.page.locator('.hearts .heart').count()).toBeGreaterThan(0)
      }
      const [desktop, mobile] = await Promise.all([ada.page.screenshot(), grace.page.screenshot()])
      const picture = (png: Buffer, width: number) =>
        `<img width="${width}" src="data:image/png;base64,${png.toString('base64')}">`
      const frame = await browser.newPage({ ...sharp, viewport: { width: 1534, height: 762 } })
      await frame.setContent(`<style>
        body { margin: 0; padding: 36px; display: flex; gap: 32px; background: linear-gradient(135deg, #ccd5f2, #f3d9d0); width: max-content }
        img { border-radius: 18px; box-shadow: 0 2px 6px #2242, 0 18px 50px #2243; display: block }
      </style>${picture(desktop, 1080)}${picture(mobile, 350)}`)
      const path = fileURLToPath(new URL('../../docs/images/chat.png', import.meta.url))
      await frame.screenshot({ path, fullPage: true })
      await frame.close()
    })
  }
})
