import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { root } from '../../scripts/run.mjs'
import { hasChromium, launchChromium } from './demo'

/** A page that has the built class as a global, and a server that echoes and can be told to hang up. */
async function openPage(browser: Browser) {
  const bundle = await build({
    stdin: { contents: `export * from './dist/socket.js'`, resolveDir: root },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'everwire',
    logLevel: 'error',
  })
  const http = createServer((request, response) => {
    const script = request.url === '/socket.js'
    response.setHeader('content-type', script ? 'text/javascript' : 'text/html')
    // the socket begins while the page still loads
    const page = `<!doctype html><script src=/socket.js></script><script>
      const told = []
      const socket = new everwire.ReconnectingWebSocket('/feed?a=b')
      for (const type of ['open', 'message', 'error', 'close'])
        socket.addEventListener(type, (event) => told.push([socket.readyState, type, event.data ?? event.code ?? ''].join(' ').trim()))
    </script>`
    response.end(script ? bundle.outputFiles[0]?.text : page)
  })
  const server = new WebSocketServer({ server: http })
  const urls: string[] = []
  server.on('connection', (socket, request) => {
    urls.push(request.url ?? '')
    socket.on('message', (data, binary) =>
      String(data) === 'hang up' ? socket.terminate() : socket.send(data, { binary }),
    )
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const context = await browser.newContext()
  onTestFinished(async () => {
    await context.close()
    for (const socket of server.clients) socket.terminate()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  const page = await context.newPage()
  const warnings: string[] = []
  page.on('console', (message) => warnings.push(message.text()))
  page.on('pageerror', (error) => warnings.push(String(error)))
  await page.goto(`http://127.0.0.1:${(http.address() as AddressInfo).port}/`)
  const told = (count: number) => waitFor(page, count)
  return { page, urls, warnings, told }
}

/** The first `count` events, once they have come. */
async function waitFor(page: Page, count: number): Promise<string[]> {
  await page.waitForFunction(`told.length >= ${count}`)
  return page.evaluate(`told.slice(0, ${count})`)
}

describe.skipIf(!hasChromium)('the drop-in in Chromium', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium()
  })
  afterAll(() => browser?.close())

  test('opens, echoes, comes back and ends; one connection for one page', async () => {
    const { page, urls, warnings, told } = await openPage(browser)
    expect(await told(1)).toEqual(['1 open'])
    await page.evaluate(`socket.send('hello')`)
    expect(await told(2)).toEqual(['1 open', '1 message hello'])
    await page.evaluate(`socket.send('hang up')`)
    expect((await told(4)).slice(2)).toEqual(['0 close 1006', '1 open'])
    await page.evaluate(`socket.close(3000, 'bye')`)
    expect((await told(5)).at(-1)).toBe('3 close 3000')
    expect(urls).toEqual(['/feed?a=b', '/feed?a=b'])
    expect(warnings).toEqual([])
  })

  test('is what the platform has: events, errors, the interface', async () => {
    const { page, told } = await openPage(browser)
    await told(1)
    const facts = await page.evaluate(`(async () => {
      const Native = WebSocket
      const Ours = everwire.ReconnectingWebSocket
      const native = new Native(socket.url)
      const fault = (run) => { try { run() } catch (error) { return error.name } }
      const both = (run) => [run(Native), run(Ours)].map(String)
      const members = (object) => [...new Set([object, Object.getPrototypeOf(object)].flatMap((o) => Object.getOwnPropertyNames(o)))]
      const next = (type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))
      socket.send(new Uint8Array([104, 105]))
      const message = await next('message')
      socket.send('hang up')
      const close = await next('close')
      const result = {
        missing: members(native).filter((name) => !(name in socket)),
        tags: both((C) => Object.prototype.toString.call(C === Native ? native : socket)),
        fragment: both((C) => fault(() => new C('ws://a/#b'))),
        scheme: both((C) => fault(() => new C('ftp://a/'))),
        twice: both((C) => fault(() => new C('ws://127.0.0.1:1', ['a', 'a']))),
        token: both((C) => fault(() => new C('ws://127.0.0.1:1', 'a b'))),
        code: both((C) => fault(() => (C === Native ? native : socket).close(1001))),
        reason: both((C) => fault(() => (C === Native ? native : socket).close(1000, 'x'.repeat(124)))),
        message: [message instanceof MessageEvent, await message.data.text(), message.origin === native.url.slice(0, native.url.indexOf('/', 5))],
        close: [close instanceof CloseEvent, close.code, close.wasClean],
      }
      native.close()
      socket.close()
      return result
    })()`)
    expect(facts).toEqual({
      missing: [],
      tags: ['[object WebSocket]', '[object WebSocket]'],
      fragment: ['SyntaxError', 'SyntaxError'],
      scheme: ['SyntaxError', 'SyntaxError'],
      twice: ['SyntaxError', 'SyntaxError'],
      token: ['SyntaxError', 'SyntaxError'],
      code: ['InvalidAccessError', 'InvalidAccessError'],
      reason: ['SyntaxError', 'SyntaxError'],
      message: [true, 'hi', true],
      close: [true, 1006, false],
    })
  })
})
