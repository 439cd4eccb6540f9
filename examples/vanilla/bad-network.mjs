/**
 * A network that misbehaves on demand: an HTTP proxy in front of one server, with a switch for each thing that goes wrong out there.
 * It sits where a company's proxy, a train tunnel or a load balancer would.
 */
import { createServer, request } from 'node:http'
import { connect } from 'node:net'
import { pipeline } from 'node:stream'

/** What may happen to a WebSocket's upgrade request: `pass`, a plain 403, its `Upgrade` header stripped, or no answer at all. */
export const upgradeModes = ['pass', 'refuse', 'strip', 'hang']

/** @param target where the server listens: `{ host, port }` */
export async function startBadNetwork({ target, host = '127.0.0.1', port = 0 }) {
  const sockets = new Set()
  const webSockets = new Set()
  const seen = { upgrades: 0, posts: 0, preflights: 0 }
  let upgrades = 'pass'
  let offline = false

  const server = createServer((incoming, outgoing) => {
    if (incoming.method === 'POST') seen.posts++
    if (incoming.method === 'OPTIONS') seen.preflights++
    forward(incoming, outgoing)
  })
  server.on('connection', (socket) => {
    if (offline) return socket.resetAndDestroy()
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (incoming, socket, head) => {
    seen.upgrades++
    webSockets.add(socket)
    socket.on('close', () => webSockets.delete(socket))
    if (upgrades === 'hang') return
    if (upgrades === 'refuse') return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n')
    tunnel(incoming, socket, head)
  })

  function forward(incoming, outgoing) {
    const { method, url, headers } = incoming
    const upstream = request({ ...target, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers)
      pipeline(answer, outgoing, () => {})
    })
    // no 502: whoever has no proxy in front of a dead server gets a reset, too
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    pipeline(incoming, upstream, () => {})
  }

  /** Passes an upgrade on byte by byte; stripped, it arrives as a plain GET. */
  function tunnel({ method, url, rawHeaders }, socket, head) {
    const upstream = connect(target)
    const headers = pairs(rawHeaders).filter(([name]) => upgrades === 'pass' || !/^(upgrade|connection)$/i.test(name))
    if (upgrades === 'strip') headers.push(['Connection', 'close'])
    upstream.write([`${method} ${url} HTTP/1.1`, ...headers.map((pair) => pair.join(': ')), '', ''].join('\r\n'))
    upstream.write(head)
    pipeline(socket, upstream, socket, () => socket.destroy())
  }

  const reset = (which) => {
    for (const socket of which) socket.resetAndDestroy()
  }

  await new Promise((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return {
    port: server.address().port,
    /** Requests so far, by kind. */
    seen,
    get upgrades() {
      return upgrades
    },
    get offline() {
      return offline
    },
    /** Decides about upgrades from now on; what a new rule forbids is cut. */
    setUpgrades(mode) {
      if (!upgradeModes.includes(mode)) throw new RangeError(`upgrades: one of ${upgradeModes.join(', ')}`)
      if (mode !== upgrades) reset(mode === 'pass' && upgrades !== 'hang' ? [] : webSockets)
      upgrades = mode
    },
    setOffline(value) {
      offline = value
      if (offline) reset(sockets)
    },
    /** Resets every open connection. New ones work. */
    drop: () => reset(sockets),
    close() {
      const closed = new Promise((resolve) => server.close(resolve))
      reset(sockets)
      return closed
    },
  }
}

function pairs(flat) {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i], flat[2 * i + 1]])
}
