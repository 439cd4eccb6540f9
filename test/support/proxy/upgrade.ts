import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Connection } from './connections'
import type { UpgradeOutcome } from './events'
import { type Dice, exchange, login, page } from './exchange'
import { answerRaw, forward, passable, type Site } from './forward'
import { relay } from './relay'
import { openTunnel } from './tunnel'

/** A request to become a WebSocket. */
export function upgrade(site: Site, connection: Connection, dice: Dice, request: IncomingMessage, head: Buffer): void {
  const { rules, events } = site
  const { id, socket } = connection
  const tell = (outcome: UpgradeOutcome) =>
    events.tell({ type: 'upgrade', connection: id, url: request.url ?? '/', outcome })
  const answer = (status: string, body?: string) => {
    connection.blame('proxy')
    connection.lag.down.push(() => connection.open.down && answerRaw(socket, status, body))
  }
  // no parser reads this socket any more: without a reader the end of the client would go unnoticed
  const park = () => {
    socket.resume()
    socket.on('end', () => socket.end())
  }

  if (rules.upgrade === 'hang' || !connection.open.up) {
    tell('hung')
    return park()
  }
  if (rules.portal) {
    tell('refused')
    park()
    if (rules.portal === 'redirect') return answer(`302 Found\r\nlocation: ${login}`)
    return answer('200 OK\r\ncontent-type: text/html', page)
  }
  if (typeof rules.upgrade === 'number') {
    tell('refused')
    park()
    return answer(`${rules.upgrade} Refused`)
  }
  if (rules.upgrade === 'strip') {
    tell('stripped')
    park()
    return exchange(site, connection, dice, request, responseOn(request, socket), Buffer.alloc(0))
  }
  connection.lag.up.push(() => connection.open.up && dial(site, connection, request, head, tell))
}

/** What node gives a request handler, for a request that came as an upgrade. */
function responseOn(request: IncomingMessage, socket: Socket): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket)
  response.on('finish', () => socket.end())
  return response
}

function dial(
  site: Site,
  connection: Connection,
  request: IncomingMessage,
  head: Buffer,
  tell: (outcome: UpgradeOutcome) => void,
): void {
  const { socket, lag } = connection
  const headers = [...passable(request.rawHeaders), 'connection', 'upgrade', 'upgrade', 'websocket']
  const upstream = forward(site, connection, request, { headers, body: Buffer.alloc(0) })
  const giveUp = () => upstream.destroy()
  socket.on('close', giveUp)
  upstream.on('error', () => {
    tell('refused')
    lag.down.push(() => answerRaw(socket, '502 Bad Gateway'))
  })
  upstream.on('response', (incoming) => {
    tell('refused')
    socket.resume()
    const response = responseOn(request, socket)
    relay({ site, connection, response, rules: site.rules, failure: null }, incoming)
  })
  upstream.on('upgrade', (incoming, target, firstBytes) => {
    connection.kind = 'websocket'
    socket.off('close', giveUp)
    connection.own(target)
    // what the target says right behind its handshake travels with it, not after it
    let deliver = (_: Buffer) => {}
    const early = (chunk: Buffer) => lag.down.push(() => deliver(chunk))
    target.on('data', early)
    lag.down.push(() => {
      if (!connection.open.down || socket.destroyed) return target.destroy()
      tell('opened')
      const lines = passable(incoming.rawHeaders).map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`))
      const connected = 'connection: upgrade\r\nupgrade: websocket\r\n'
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${connected}${lines.join('')}\r\n`)
      target.off('data', early)
      deliver = openTunnel({ ...site, rules: { ...site.rules }, connection, target }, head)
    })
    early(firstBytes)
  })
}
