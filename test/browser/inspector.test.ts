import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasChromium, launchChromium } from './demo'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

/** Nothing inline, nothing from elsewhere, no text that becomes markup. */
const policy = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'"

/** The inspector and the client that tells a story, as the global `kit`. */
async function bundle(): Promise<string> {
  const inspector = path('../../src/inspector/index.ts')
  const result = await build({
    stdin: {
      contents: `export * from ${JSON.stringify(inspector)}\nexport * from './inspector'`,
      resolveDir: path('.'),
    },
    alias: { everwire: path('../../src/index.ts'), 'everwire/inspector': inspector },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'kit',
    target: 'es2022',
  })
  return result.outputFiles[0]?.text ?? ''
}

describe.skipIf(!hasChromium)('the inspector', () => {
  let browser: Browser
  let script: string

  beforeAll(async () => {
    browser = await launchChromium()
    script = await bundle()
  })
  afterAll(() => browser.close())

  /** A page with nothing on it, under a strict content security policy. Everything it asks for is answered here. */
  async function openPage(look: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, ...look })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    onTestFinished(() => expect(errors).toEqual([]))
    const html = '<!doctype html><title>app</title><body><script src="/script.js"></script>'
    await page.route('**/*', (route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({ contentType: 'text/html', headers: { 'Content-Security-Policy': policy }, body: html }),
    )
    await page.goto('https://app.test/')
    return page
  }

  /** Runs in the page, and waits until it is drawn. */
  async function run(page: Page, code: string): Promise<void> {
    await page.evaluate(`{ ${code} }`)
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))')
  }
  const tellMinute =
    'var client = kit.createScriptedClient(); var inspector = kit.inspect(client); kit.tellMinute(client)'

  test('opens from its corner, and folds again', async () => {
    const page = await openPage()
    await run(page, tellMinute)
    const pill = page.locator('.pill')
    await expect.poll(() => pill.textContent()).toContain('long-polling')
    const corner = await pill.boundingBox()
    expect([(corner?.x ?? 0) + (corner?.width ?? 0), (corner?.y ?? 0) + (corner?.height ?? 0)]).toEqual([984, 704])
    await pill.click()
    expect(await page.locator('.diagnosis').textContent()).toContain('Connected over long-polling')
    await page.getByRole('tab', { name: 'Frames' }).click()
    await expect.poll(() => page.locator('details').count()).toBe(150)
    await page.keyboard.press('Escape')
    expect(await pill.isVisible()).toBe(true)
  })

  test('fits into a narrow page, and looks as the system does', async () => {
    const page = await openPage({ viewport: { width: 340, height: 480 }, colorScheme: 'dark' })
    await run(page, `${tellMinute}; inspector.element.open = true`)
    const panel = page.locator('.panel')
    const box = await panel.boundingBox()
    expect([box?.x, box?.width, box?.height]).toEqual([16, 308, 448])
    expect(await panel.evaluate((element) => element.scrollWidth - element.clientWidth)).toBe(0)
    expect(await panel.evaluate((element) => getComputedStyle(element).backgroundColor)).toBe('rgb(20, 24, 31)')
  })

  test('lets nothing of the page in', async () => {
    const page = await openPage()
    await run(page, `${tellMinute}; inspector.element.open = true`)
    const look = () => page.locator('h2').evaluate((element) => JSON.stringify(getComputedStyle(element)))
    const before = await look()
    await run(
      page,
      `const sheet = new CSSStyleSheet()
      sheet.replaceSync('* { color: red !important; font: 40px serif } everwire-inspector { letter-spacing: 9px }')
      document.adoptedStyleSheets = [sheet]
      document.body.style.setProperty('text-transform', 'uppercase')`,
    )
    const after = JSON.parse(await look())
    const { fontSize, letterSpacing, textTransform } = JSON.parse(before)
    expect({ fontSize: after.fontSize, textTransform: after.textTransform }).toEqual({ fontSize, textTransform })
    expect(letterSpacing).toBe('normal')
  })

  test('copies a text and saves a file', async () => {
    const page = await openPage()
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await run(page, `${tellMinute}; inspector.element.open = true`)
    await page.getByRole('button', { name: 'Copy as text' }).click()
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toContain('everwire: Connected over')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save as JSON' }).click()
    expect((await download).suggestedFilename()).toBe('everwire.json')
  })

  test('takes nothing from outside for markup', async () => {
    const page = await openPage()
    await run(
      page,
      `${tellMinute}; inspector.element.open = true
      const attack = '<img src=x onerror="document.title = 1"><script>document.title = 2</script>'
      client.tell(70000, { type: 'channel', channel: attack, state: { status: 'denied', code: attack, message: attack } })
      client.tell(70000, { type: 'receive', transport: 'websocket', frame: ['m', attack, 1, attack, { [attack]: attack }] })`,
    )
    for (const name of ['Channels', 'Frames']) {
      await page.getByRole('tab', { name }).click()
      await expect.poll(() => page.locator('.page:not([hidden]) li').first().textContent()).toContain('<img src=x')
    }
    expect(await page.locator('everwire-inspector img, everwire-inspector script').count()).toBe(0)
    expect(await page.title()).toBe('app')
  })

  // UPDATE_SCREENSHOT=1 npx vitest run --project browser test/browser/inspector.test.ts -t picture
  if (process.env.UPDATE_SCREENSHOT) {
    test('draws its picture for the documentation', async () => {
      const page = await openPage({ viewport: { width: 1000, height: 700 }, deviceScaleFactor: 2 })
      await run(
        page,
        `document.body.style.cssText =
          'margin: 0; height: 700px; background: linear-gradient(115deg, #e6ebf8 50%, #0d1016 50%)'
        for (const [theme, tell, left] of [['light', 'tellMinute', 40], ['dark', 'tellRefusal', 520]]) {
          const place = document.createElement('div')
          place.style.cssText = 'position: absolute; top: 36px; width: 440px; height: 628px; left: ' + left + 'px'
          document.body.append(place)
          const client = kit.createScriptedClient()
          const { element } = kit.inspect(client, { parent: place })
          element.setAttribute('theme', theme)
          kit[tell](client)
          if (theme === 'dark') element.shadowRoot.querySelectorAll('.tab')[2].click()
        }`,
      )
      await run(
        page,
        `document.querySelectorAll('everwire-inspector')[1].shadowRoot.querySelectorAll('details')[3].open = true`,
      )
      await page.screenshot({ path: path('../../docs/images/inspector.png') })
    })
  }
})
