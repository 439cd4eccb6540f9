import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { expect, onTestFinished } from 'vitest'
import { startBadNetwork } from '../../examples/vanilla/bad-network.mjs'

const script = fileURLToPath(new URL('../../scripts/example.mjs', import.meta.url))
const host = '127.0.0.1'

/** How long anything may take here, ms. */
const timeout = 30_000

export type Chat = Awaited<ReturnType<typeof startChat>>

/**
 * The example in a process of its own, as `npm run example:react` starts it. It ends with the test, if not before.
 * Without `dev` it builds into one folder: such servers are started one after the other, by one test file.
 */
export async function startChat({ port = 0, dev = false } = {}) {
  const child = spawn(process.execPath, [script, ...(dev ? ['--dev'] : [])], {
    // not as a part of the tests
    env: { ...process.env, PORT: String(port), NODE_ENV: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exited = once(child, 'exit')
  let output = ''
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text
        const found = /http:\S+/.exec(output)
        if (found) resolve(found[0])
      })
    }
    exited.then(() => reject(new Error(`the example ended: ${output}`)))
  })
  return {
    url,
    port: Number(new URL(url).port),
    /** Says nothing any more, like a machine that swaps; what is sent to it waits in its sockets. */
    freeze: () => child.kill('SIGSTOP'),
    async kill(): Promise<void> {
      child.kill('SIGKILL')
      await exited
    },
    /** As Ctrl+C does. Returns the exit code. */
    async interrupt(): Promise<number | null> {
      child.kill('SIGINT')
      const [code] = await exited
      return code as number | null
    },
  }
}

/** The same server as it looks from behind a company's proxy, which answers every upgrade with 403. */
export async function behindProxy({ port }: Chat): Promise<string> {
  const proxy = await startBadNetwork({ host, target: { host, port } })
  onTestFinished(() => proxy.close())
  proxy.setUpgrades('refuse')
  return `http://${host}:${proxy.port}/`
}

/** Someone in the chat, with the words that a test is written in. */
export async function join(browser: Browser, url: string, name: string, look: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, locale: 'en', ...look })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  page.setDefaultTimeout(timeout)
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // a browser reports requests to a server that is away by itself
    if (message.type() === 'error' && !/^(Failed to load resource|WebSocket connection)/.test(message.text()))
      errors.push(message.text())
  })
  await page.goto(url)
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Join the chat' }).click()
  return { page, errors, ...wordsOf(page) }
}

function wordsOf(page: Page) {
  const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout, interval: 50 })
  const text = (id: string) => page.getByTestId(id).textContent()
  const input = page.getByRole('textbox', { name: 'Message' })
  return {
    input,
    eventually,
    shows: (id: string, expected: string | RegExp) => eventually(() => text(id)).toMatch(expected),
    /** Whatever an element says from now on, also if it says so for a moment. */
    async history(id: string): Promise<() => Promise<string[]>> {
      const said = await page.getByTestId(id).evaluateHandle((element) => {
        const texts: string[] = []
        const look = () => texts.push(element.textContent.trim())
        new MutationObserver(look).observe(element, { childList: true, characterData: true, subtree: true })
        return texts
      })
      return () => said.jsonValue()
    },
    async say(words: string): Promise<void> {
      await input.fill(words)
      await input.press('Enter')
    },
    /** What has been said, in that state. */
    said: (state: 'sent' | 'pending' | 'accepted' | 'failed' | 'unknown' = 'sent') =>
      page.locator(`[data-state=${state}] .said`).allTextContents(),
    gaps: () => page.getByTestId('gap').count(),
    press: (button: string) => page.getByRole('button', { name: button }).click(),
  }
}
