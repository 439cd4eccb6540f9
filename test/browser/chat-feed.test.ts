import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { createClient } from 'everwire'
import { expect, onTestFinished, test } from 'vitest'
import type { Live } from '../../examples/react/contract'
import { startChat } from './chat'

const script = fileURLToPath(new URL('../../examples/node/feed.mjs', import.meta.url))

/** The feed in a process of its own, on the build. */
function startFeed(url: string, token: string) {
  const child = spawn(process.execPath, [script, `${url}realtime`], {
    env: { ...process.env, TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaints += text
  })
  return {
    child,
    ended: once(child, 'close'),
    next: async () =>
      JSON.parse((await lines.next()).value) as { offset: number; data: { from: string; text: string } },
    complaints: () => complaints,
  }
}

test('the feed prints what is said, the past first, and ends cleanly at Ctrl+C', async () => {
  const { url } = await startChat({ dev: true })
  const client = createClient<Live>({ url: `${url}realtime`, auth: () => 'Ada' })
  onTestFinished(() => client.close())
  const say = (text: string) => client.channel('stream:launch').publish('message', { from: '', text, at: 0 })
  await say('before')
  const feed = startFeed(url, 'feed')
  expect(await feed.next()).toMatchObject({ offset: 1, data: { from: 'Ada', text: 'before' } })
  await say('after')
  expect(await feed.next()).toMatchObject({ offset: 2, data: { from: 'Ada', text: 'after' } })
  feed.child.kill('SIGINT')
  expect(await feed.ended).toEqual([0, null])
  expect(feed.complaints()).toMatch(/^connecting \nconnected \w+\n/)
  expect(feed.complaints()).not.toMatch(/gap|refused|Error/)
})

test('a feed that the server refuses says so and fails', async () => {
  const feed = startFeed((await startChat({ dev: true })).url, '')
  expect(await feed.ended).toEqual([1, null])
  expect(feed.complaints()).toContain('refused: ')
})

test('a feed that is stopped while its server is away ends cleanly, too', async () => {
  const feed = startFeed('http://127.0.0.1:1/', 'feed')
  await expect.poll(feed.complaints, { timeout: 30_000 }).toContain('waiting lost')
  feed.child.kill('SIGINT')
  expect(await feed.ended).toEqual([0, null])
  expect(feed.complaints()).not.toContain('refused')
})

test('a feed of what is no URL says so, without a stack', async () => {
  const feed = startFeed('nowhere/', 'feed')
  expect(await feed.ended).toEqual([1, null])
  expect(feed.complaints()).toContain('not a URL: nowhere/realtime\n')
  expect(feed.complaints()).not.toContain('at ')
})

test('in development the page comes from its sources, everwire from the build', async () => {
  const { url } = await startChat({ dev: true })
  const get = async (path: string) => {
    const response = await fetch(new URL(path, url))
    expect([path, response.status]).toEqual([path, 200])
    return response.text()
  }
  expect(await get('/')).toContain('/@vite/client')
  expect(await get('/src/App.tsx')).toContain('jsxDEV')
  const imported = /from "(.*dist\/react\.js[^"]*)"/.exec(await get('/src/useMessages.ts'))
  expect(await get(imported![1]!)).toContain('useChannelEvents')
})
