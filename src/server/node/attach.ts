import { type IncomingMessage, type Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { EverwireError } from '../../shared/errors'
import type { Host } from '../hosts'
import { handleRequest } from './polling'
import { pathOf } from './view'
import { createUpgrade } from './websocket'

/** Who answers one path. */
interface Route {
  request(request: IncomingMessage, response: ServerResponse): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

/** What stands between a server and its listeners: there is one for each server, however many paths are attached, and however often. */
interface Desk {
  readonly routes: Map<string, Route>
  open(): void
  close(): void
}

const desks = new WeakMap<Server, Desk>()

/**
 * Answers one path of an HTTP server, upgrades and requests; everything else goes where it went before.
 *
 * @returns lets go of the server again; open connections go on
 * @throws EverwireError `invalid` for a path that is none, or is taken
 */
export function attachTo(host: Host, server: Server, path: string): () => void {
  if (typeof path !== 'string' || !path.startsWith('/')) throw new EverwireError('invalid', 'path begins with a slash')
  const desk = desks.get(server) ?? createDesk(server)
  desks.set(server, desk)
  const { routes } = desk
  if (routes.has(path)) throw new EverwireError('invalid', `path: "${path}" of this server is attached already`)
  const route: Route = {
    request: (request, response) => handleRequest(host, request, response),
    upgrade: createUpgrade(host),
  }
  routes.set(path, route)
  if (routes.size === 1) desk.open()
  return () => {
    if (routes.get(path) !== route) return
    routes.delete(path)
    if (routes.size === 0) desk.close()
  }
}

/**
 * An app's handler answers every request, with a 404 if need be, so it must not see ours. Listeners can be added and removed at any
 * time and by anyone: only the one who emits can be sure to come first.
 */
function createDesk(server: Server): Desk {
  const routes = new Map<string, Route>()
  let before = server.emit
  let isBetween = false

  function emit(event: string, ...args: unknown[]): boolean {
    const route =
      event === 'request' || event === 'upgrade' ? routes.get(pathOf(args[0] as IncomingMessage)) : undefined
    if (!route) return Reflect.apply(before, server, [event, ...args]) as boolean
    if (event === 'request') route.request(args[0] as IncomingMessage, args[1] as ServerResponse)
    else route.upgrade(args[0] as IncomingMessage, args[1] as Duplex, args[2] as Buffer)
    return true
  }

  // without a listener of its own an app gets what asks for an upgrade as a plain request; with ours Node would not do that any more
  const others = (request: IncomingMessage, socket: Duplex) => {
    if (server.listenerCount('upgrade') === 1) asRequest(server, request, socket)
  }

  return {
    routes,
    open() {
      server.on('upgrade', others)
      if (isBetween) return
      isBetween = true
      before = server.emit
      server.emit = emit as Server['emit']
    },
    close() {
      server.off('upgrade', others)
      // if somebody has wrapped it since, it stays where it is and passes everything on
      if (server.emit !== emit) return
      server.emit = before
      isBetween = false
    },
  }
}

function asRequest(server: Server, request: IncomingMessage, socket: Duplex): void {
  socket.on('error', () => {})
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as IncomingMessage['socket'])
  response.on('finish', () => socket.end())
  if (!server.emit('request', request, response)) response.writeHead(404).end()
}
