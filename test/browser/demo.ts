import type { Browser, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { startDemo } from '../../examples/vanilla/server.mjs'
import { programs } from './engines/engine'

export const hasChromium = programs.chromium !== undefined
export { launchChromium } from '../../scripts/chromium.mjs'

/** How long anything may take here, ms: the longest wait by design is the probe for WebSocket after it was blocked for a while. */
const timeout = 20_000

export type Demo = Awaited<ReturnType<typeof startDemo>>

/** The demo's servers, gone when the test is over. */
export async function openDemo(): Promise<Demo> {
  const demo = await startDemo({ port: 0, quiet: true })
  onTestFinished(() => demo.close())
  return demo
}

/** One visitor of the demo page, with the words that a test is written in. */
export async function visit(browser: Browser, demo: Demo, { name = 'guest', webSocket = true, ...look }: Visitor = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...look })
  onTestFinished(() => context.close())
  await context.addInitScript((me) => sessionStorage.setItem('name', me), name)
  if (!webSocket) await context.addInitScript(() => Reflect.deleteProperty(globalThis, 'WebSocket'))
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(demo.url)
  return { page, errors, ...wordsOf(page) }
}

interface Visitor {
  name?: string
  /** False: this browser has none. */
  webSocket?: boolean
  viewport?: { width: number; height: number }
  deviceScaleFactor?: number
  colorScheme?: 'light' | 'dark'
}

function wordsOf(page: Page) {
  const text = async (id: string) => (await page.getByTestId(id).textContent()) ?? ''
  const number = async (id: string) => Number(await text(id))
  const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout, interval: 50 })
  return {
    text,
    eventually,
    shows: (id: string, expected: string | RegExp) => eventually(() => text(id)).toMatch(expected),
    /** Waits until `count` more events of the ticker have come. */
    async ticks(count: number): Promise<void> {
      const before = await number('received')
      await eventually(() => number('received')).toBeGreaterThanOrEqual(before + count)
    },
    async say(words: string): Promise<void> {
      await page.getByTestId('text').fill(words)
      await page.getByTestId('send').click()
    },
    /** What stands in the lobby, in that state if one is given. */
    messages: (state?: 'sent' | 'pending' | 'failed') =>
      page.locator(`${state ? `[data-state=${state}] ` : ''}.said`).allTextContents(),
    books: async () => ({
      lost: await number('lost'),
      doubled: await number('doubled'),
      reordered: await number('reordered'),
      gaps: await number('gaps'),
    }),
  }
}
