import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { EverwireError } from '../../shared/errors'
import type { Host } from '../hosts'
import { handleRequest } from './polling'
import { pathOf } from './view'
import { createUpgrade } from './websocket'

/**
 * Answers one path of an HTTP server, upgrades and requests; everything else goes where it went before.
 *
 * @returns lets go of the server again; open connections go on
 */
export function attachTo(host: Host, server: Server, path: string): () => void {
  if (!path.startsWith('/')) throw new EverwireError('invalid', 'path begins with a slash')
  const upgrade = createUpgrade(host)
  const mine = (request: unknown) => attached && pathOf(request as IncomingMessage) === path
  let attached = true

  // An app's handler answers every request, with a 404 if need be, so it must not see ours. Listeners can be added and removed at any
  // time and by anyone: only the one who emits can be sure to come first.
  const { emit } = server
  server.emit = (event: string, ...args: unknown[]): boolean => {
    const [request, second, head] = args
    if (event === 'request' && mine(request))
      void handleRequest(host, request as IncomingMessage, second as ServerResponse)
    else if (event === 'upgrade' && mine(request)) upgrade(request as IncomingMessage, second as Duplex, head as Buffer)
    else return Reflect.apply(emit, server, [event, ...args]) as boolean
    return true
  }

  // without a listener Node takes an upgrade for a plain request
  const others = (_request: IncomingMessage, socket: Duplex) => {
    if (server.listeners('upgrade').every((listener) => listener === others))
      socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
  }
  server.on('upgrade', others)
  return () => {
    attached = false
    server.off('upgrade', others)
  }
}
