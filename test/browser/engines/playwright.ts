import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type BrowserContext, chromium as chrome, firefox as fox, type Page } from 'playwright-core'
import { chromiumFlags } from '../../../scripts/chromium.mjs'
import { type Engine, programs, type Tab } from './engine'
import { startGroup } from './group'

async function openTab(context: BrowserContext, coverUp: (page: Page) => Promise<Page>): Promise<Tab> {
  const page = await context.newPage()
  let cover: Page | undefined
  return {
    goto: async (url) => void (await page.goto(url)),
    // playwright's own way back waits for a navigation that Firefox does not tell of when the page was kept
    back: () => page.evaluate('void history.back()'),
    evaluate: (expression) => page.evaluate(expression),
    async hide() {
      cover = await coverUp(page)
    },
    async show() {
      await cover?.close()
    },
    network: (online) => context.setOffline(!online),
    async close() {
      await cover?.close()
      await page.close()
    },
  }
}

/** Started by hand: a Chromium that playwright starts believes that each of its tabs is seen and has the focus, always. */
export const chromium: Engine = {
  name: 'Chromium',
  program: programs.chromium,
  async launch() {
    const group = await startGroup(
      programs.chromium!,
      (folder) => [...chromiumFlags, '--headless', '--remote-debugging-port=0', `--user-data-dir=${folder}/profile`],
      { stderr: 'pipe' },
    )
    const browser = await chrome.connectOverCDP(await addressIn(group.child.stderr!), { noDefaults: true })
    const [context] = browser.contexts()
    return {
      open: () => openTab(context!, () => context!.newPage()),
      async close() {
        await browser.close()
        await group.end()
      },
    }
  },
}

/** The address that a browser prints when it can be driven. */
async function addressIn(stderr: Readable): Promise<string> {
  let said = ''
  for await (const line of createInterface(stderr)) {
    said += `${line}\n`
    const [address] = /ws:\S+/.exec(line) ?? []
    if (!address) continue
    stderr.resume() // unread, a full pipe would stop it
    return address
  }
  throw new Error(`the browser did not start: ${said}`)
}

/** A tab in the window of the page: each that is opened from outside gets a window of its own, and covers nothing. */
async function coverUp(page: Page): Promise<Page> {
  const [opened] = await Promise.all([page.waitForEvent('popup'), page.evaluate(`void open('about:blank')`)])
  return opened
}

export const firefox: Engine = {
  name: 'Firefox',
  program: programs.firefox,
  async launch() {
    const browser = await fox.launch({ channel: 'moz-firefox', executablePath: programs.firefox! })
    return {
      async open() {
        const context = await browser.newContext()
        const tab = await openTab(context, coverUp)
        return { ...tab, close: () => context.close() }
      },
      close: () => browser.close(),
    }
  },
}
