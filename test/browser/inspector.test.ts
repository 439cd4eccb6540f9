import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { hasChromium, launchChromium } from './demo'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))

describe.skipIf(!hasChromium)('the inspector in Chromium', () => {
  let browser: Browser
  let script: string

  beforeAll(async () => {
    browser = await launchChromium()
    const result = await build({
      stdin: {
        contents: `export * from ${JSON.stringify(path('../../src/inspector/index.ts'))}; export * from './inspector'`,
        resolveDir: path('.'),
      },
      alias: { everwire: path('../../src/index.ts'), 'everwire/inspector': path('../../src/inspector/index.ts') },
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'kit',
      target: 'es2022',
    })
    script = result.outputFiles[0]?.text ?? ''
  })
  afterAll(() => browser.close())

  /** A page with nothing but the inspector's code, under a strict content security policy. */
  async function openPage(look: Parameters<Browser['newContext']>[0] = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1000, height: 720 }, ...look })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    onTestFinished(() => expect(errors).toEqual([]))
    await page.route('**/*', (route) =>
      route.request().url().endsWith('/script.js')
        ? route.fulfill({ contentType: 'text/javascript', body: script })
        : route.fulfill({
            contentType: 'text/html',
            headers: {
              'Content-Security-Policy': "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'",
            },
            body: '<!doctype html><title>app</title><body><script src="/script.js"></script>',
          }),
    )
    await page.goto('http://app.test/')
    return page
  }

  test('x', async () => {
    const page = await openPage({ deviceScaleFactor: 2 })
    await page.evaluate(`{
      document.body.style.cssText = 'margin:0;background:linear-gradient(120deg,#e9edf8,#dfe5f6 50%,#1b2130 50%,#10141d);height:720px'
      for (const [theme, tell] of [['light','tellMinute'],['dark','tellRefusal']]) {
        const div = document.createElement('div')
        div.style.cssText = 'position:absolute;top:40px;width:440px;height:640px;left:' + (theme === 'light' ? 40 : 520) + 'px'
        document.body.append(div)
        const client = kit.createScriptedClient()
        const { element } = kit.inspect(client, { parent: div })
        element.setAttribute('theme', theme)
        kit[tell](client)
        if (theme === 'dark') element.shadowRoot.querySelectorAll('.tab')[2].click()
      }
    }`)
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    await page.screenshot({ path: '/tmp/inspector.png' })
    await page.evaluate(`{
      const [a, b] = document.querySelectorAll('everwire-inspector')
      a.shadowRoot.querySelectorAll('.tab')[1].click()
      b.shadowRoot.querySelectorAll('.tab')[0].click()
    }`)
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    await page.screenshot({ path: '/tmp/inspector2.png' })
    await page.evaluate(`{
      document.body.replaceChildren()
      document.body.style.cssText = 'margin:0;background:#f4f5f8'
      const div = document.createElement('div')
      div.style.cssText = 'margin:30px;height:440px'
      document.body.append(div)
      const client = kit.createScriptedClient()
      kit.inspect(client, { parent: div })
      kit.inspect(client)
      kit.tellMinute(client)
    }`)
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
    await page.screenshot({ path: '/tmp/inspector3.png' })
  })
})
