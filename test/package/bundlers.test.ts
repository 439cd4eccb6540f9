import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { bundlers } from './bundlers'
import { createApp } from './installed'

/** Renders what it hears from a server whose address is a global. */
const page = `import { createElement } from 'react'
import { renderToString } from 'react-dom/server'
import { createClient, EverwireError } from 'everwire'
import { RealtimeProvider, useClient, useConnection } from 'everwire/react'
const client = createClient({ url: globalThis.realtimeUrl, transports: ['polling'] })
const App = ({ text }) => createElement('p', null, useConnection().status, ' ', String(useClient() === client), ' ', text)
const room = client.channel('room:1')
const done = new Promise((resolve) => room.on('message', resolve))
room.publish('message', 'hello')
globalThis.rendered = done.then((text) => {
  client.close()
  const failed = room.publish('message', 'too late').catch((error) => error instanceof EverwireError)
  return failed.then((isOne) => renderToString(createElement(RealtimeProvider, { client }, createElement(App, { text }))) + isOne)
})
`

/** A server of the installed package, and the page in the same process, which has no WebSocket and no DOM. */
const start = (file: string) => `import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'
const realtime = createRealtime({ channels: { 'room:{id}': { publish: () => true } } })
const server = createServer()
realtime.attach(server, { path: '/realtime' })
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
globalThis.realtimeUrl = 'http://127.0.0.1:' + server.address().port + '/realtime'
await import('${pathToFileURL(file)}')
console.log(await globalThis.rendered)
process.exit() // React keeps a port open
`

let app: ReturnType<typeof createApp>
beforeAll(() => {
  app = createApp()
  app.write('page.js', page)
  vi.stubEnv('NODE_ENV', 'production')
})
afterAll(() => {
  vi.unstubAllEnvs()
  app?.remove()
})

describe.each(bundlers)('a page bundled by $name', ({ name, bundle }) => {
  test('runs, with the core in it once and nothing of Node', async () => {
    const { file, modules } = await bundle(app.path)
    const own = modules.flatMap((module) => /everwire\/dist\/(.+)$/.exec(module)?.[1] ?? [])
    expect(own).toContain('react.js')
    expect(own.filter((file) => /\.cjs$|\.node\.|server/.test(file))).toEqual([])
    expect(new Set(own).size).toBe(own.length)
    expect(modules.filter((module) => /node_modules\/ws\//.test(module))).toEqual([])
    // words of the core that minifying leaves alone
    expect(readFileSync(file, 'utf8').split('" has joined')).toHaveLength(2)
    app.write(`${name}.mjs`, start(file))
    expect(app.node(`${name}.mjs`)).toBe('<p>idle<!-- --> <!-- -->true<!-- --> <!-- -->hello</p>true')
  })
})
