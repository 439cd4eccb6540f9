/**
 * The demo's servers: the page and its control panel, the realtime server, and a bad network between the two.
 *
 *     browser ─┬─ page server      /  /everwire/*  /control/*
 *              └─ bad network ─── realtime server
 */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, extname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startBackend } from './backend.mjs'
import { startBadNetwork } from './bad-network.mjs'
import { listen, shut } from './listen.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '../../dist')
const types = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.svg': 'image/svg+xml' }

/**
 * @param port the page's; if it is taken, another one. The other two servers find their own.
 * @returns the page's `url`, what the network has `seen`, and `close()`
 */
export async function startDemo({ port = 0, host = '127.0.0.1', quiet = false } = {}) {
  if (!existsSync(join(dist, 'index.js'))) throw new Error('the demo serves the built client: run npm run build')
  const page = createServer((request, response) => {
    answer(request, response).catch((error) => {
      response.writeHead(error.status ?? 400, { 'content-type': 'text/plain' }).end(error.message)
    })
  })
  const pagePort = await listen(page, port, host)
  const origins = [host, 'localhost'].map((name) => `http://${name}:${pagePort}`)
  const backend = await startBackend({ host, origins })
  const network = await startBadNetwork({ host, target: { host, port: backend.port } })

  const controls = {
    upgrades: ({ mode }) => network.setUpgrades(mode),
    offline: ({ on }) => network.setOffline(on === true),
    drop: () => network.drop(),
    restart: () => backend.restart(),
    kill: () => backend.kill(),
  }
  const state = () => ({
    realtime: `http://${host}:${network.port}/realtime`,
    upgrades: network.upgrades,
    offline: network.offline,
    seen: network.seen,
  })

  async function answer(request, response) {
    const { pathname } = new URL(request.url, 'http://page')
    if (request.method === 'POST') await control(request, pathname.slice('/control/'.length))
    else if (pathname !== '/control') return sendFile(pathname, response)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state()))
  }

  async function control(request, name) {
    if (!Object.hasOwn(controls, name)) throw failure(404, 'no such control')
    // other sites may not push these buttons
    if (request.headers.origin !== `http://${request.headers.host}`) throw failure(403, 'not from this page')
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) {
      body += chunk
      if (body.length > 1000) throw failure(413, 'too long')
    }
    await controls[name](JSON.parse(body))
  }

  const url = `http://${host}:${pagePort}/`
  if (!quiet)
    console.log(`\n  everwire demo: ${url}\n  Open it in two windows, break the network, watch. Ctrl+C ends it.\n`)
  return {
    url,
    seen: network.seen,
    async close() {
      await shut(page)
      await network.close()
      await backend.close()
    },
  }
}

async function sendFile(pathname, response) {
  const [root, name] = pathname.startsWith('/everwire/') ? [dist, pathname.slice('/everwire'.length)] : [here, pathname]
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
