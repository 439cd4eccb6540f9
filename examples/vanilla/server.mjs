/**
 * The demo's servers: the page with its control panel, the realtime server, and the bad network between the two.
 *
 *     browser ── page server              /, /everwire/*, /control
 *        └────── bad network ── realtime server
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRealtime } from 'everwire/server'
import { startBadNetwork } from './bad-network.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '../../dist')
const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }
/** How long a restart takes, ms: long enough to be noticed by every transport. */
const downtime = 800
/** ms between two events of the ticker. */
const tickEvery = 100

/** @returns the page's `url`, what the network has `seen`, and `close()` */
export async function startDemo({ port = 0, host = '127.0.0.1', quiet = false } = {}) {
  if (!existsSync(join(dist, 'index.js'))) throw new Error('the demo serves the built client: npm run build')
  const page = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(error.status ?? 500, { 'content-type': 'text/plain' })
      response.end(error.message)
    })
  })
  await listen(page, port, host)
  const { port: pagePort } = page.address()
  const backend = await startBackend({
    host,
    origins: [host, 'localhost'].map((name) => `http://${name}:${pagePort}`),
  })
  const network = await startBadNetwork({ host, target: { host, port: backend.port } })

  const state = () => ({
    realtime: `http://${host}:${network.port}/realtime`,
    upgrades: network.upgrades,
    offline: network.offline,
    seen: network.seen,
  })
  const controls = {
    upgrades: ({ mode }) => network.setUpgrades(mode),
    offline: ({ on }) => network.setOffline(Boolean(on)),
    drop: () => network.drop(),
    restart: () => backend.restart(),
    kill: () => backend.kill(),
  }

  async function answer(request, response) {
    const { pathname } = new URL(request.url, 'http://page')
    if (request.method === 'POST') await control(request, pathname)
    else if (pathname !== '/control') return sendFile(pathname, response)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state()))
  }

  async function control(request, pathname) {
    const name = pathname.replace('/control/', '')
    if (!Object.hasOwn(controls, name)) throw failure(404, 'no such control')
    // other sites may not push these buttons
    if (request.headers.origin !== `http://${request.headers.host}`) throw failure(403, 'not from this page')
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk
      if (body.length > 1000) throw failure(413, 'too much')
    }
    await controls[name](body ? JSON.parse(body) : {})
  }

  const url = `http://${host}:${pagePort}/`
  if (!quiet) console.log(`\n  everwire demo: ${url}\n  Open it in two windows and break the network. Ctrl+C ends it.\n`)
  return {
    url,
    seen: network.seen,
    async close() {
      page.close()
      page.closeAllConnections()
      await network.close()
      await backend.close()
    },
  }
}

/** The realtime server: what an app of your own would run. */
async function startBackend({ host, origins }) {
  const create = () =>
    createRealtime({
      origins,
      channels: {
        lobby: {
          publish: ({ data }) => {
            const { from, text } = data ?? {}
            const valid = typeof from === 'string' && typeof text === 'string' && text.length <= 200
            return valid && { from: from.slice(0, 40), text, at: Date.now() } // false: forbidden
          },
        },
        ticker: {}, // nobody but the server publishes
      },
    })
  let realtime = create()
  let server
  let port = 0
  let busy = Promise.resolve()

  // The counter is the outside world: it goes on, whatever happens to the server.
  let n = 0
  const begun = performance.now()
  const ticker = setInterval(() => {
    while (n < (performance.now() - begun) / tickEvery) realtime?.publish('ticker', 'tick', { n: n++ }) ?? n++
  }, tickEvery / 2)

  async function start() {
    server = createServer((_, response) => response.writeHead(404).end())
    realtime.attach(server, { path: '/realtime' })
    await listen(server, port, host)
    port = server.address().port
  }

  async function stop() {
    const sockets = server.open
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }

  /** Stops, does something, starts; one after the other, however often the button is pressed. */
  function cycle(between) {
    const run = async () => {
      await stop()
      await between()
      await new Promise((resolve) => setTimeout(resolve, downtime))
      realtime ??= create()
      await start()
    }
    busy = busy.then(run)
    return busy
  }

  await start()
  return {
    port,
    /** The HTTP server closes and listens again; the realtime server keeps its memory. */
    restart: () => cycle(() => {}),
    /** As if the process had died: whatever was in memory is gone. */
    kill: () =>
      cycle(() => {
        const old = realtime
        realtime = undefined
        return old.close()
      }),
    async close() {
      clearInterval(ticker)
      await busy
      await realtime.close()
      await stop()
    },
  }
}

/** Listens on a port, or on any if that one is taken; `server.open` are its connections. */
async function listen(server, port, host) {
  server.open = new Set()
  server.on('connection', (socket) => {
    server.open.add(socket)
    socket.on('close', () => server.open.delete(socket))
  })
  const attempt = (wanted) =>
    new Promise((resolve, reject) => server.once('error', reject).listen(wanted, host, resolve))
  await attempt(port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error
    return attempt(0)
  })
}

async function sendFile(pathname, response) {
  const [root, name] = pathname.startsWith('/everwire/') ? [dist, pathname.slice(9)] : [here, pathname]
  const file = join(root, name === '/' ? 'index.html' : decodeURIComponent(name))
  const type = types[extname(file)]
  const content = type && file.startsWith(root + sep) && (await readFile(file).catch(() => undefined))
  if (!content) throw failure(404, 'not found')
  response.writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'cache-control': 'no-cache' }).end(content)
}

function failure(status, message) {
  return Object.assign(new Error(message), { status })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await startDemo({ port: Number(process.env.PORT ?? 4100) })
