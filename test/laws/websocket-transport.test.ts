import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { onTestFinished } from 'vitest'
import { type WebSocket, WebSocketServer } from 'ws'
import { createWebSocketTransport } from '../../src/transports/websocket'
import { turn } from '../support/fake-clock'
import { createFakeEnvironment } from '../support/fake-environment'
import { createFakeWebSocket, type FakeSocket } from '../support/fake-websocket'
import { createQueue } from '../support/queue'
import { createRealEnvironment } from '../support/real-environment'
import { type Other, transportLaws, type World } from './transport'

transportLaws('WebSocket, on a fake one', fakeWorld)
transportLaws('WebSocket, on a real one', realWorld)

function fakeWorld(): World {
  const { WebSocket, dials } = createFakeWebSocket()
  const environment = createFakeEnvironment({ webSocket: () => WebSocket })
  return {
    transport: createWebSocketTransport(environment),
    url: 'http://test/realtime',
    next: async () => fakeOther(await dials.next()),
    get dials() {
      return dials.all.length
    },
    left: () => [
      ...dials.all.filter(({ over }) => !over).map(() => 'socket'),
      ...Array.from({ length: environment.pending }, () => 'timer'),
    ],
  }
}

function fakeOther(socket: FakeSocket): Other {
  return {
    async accept(...messages) {
      socket.accept()
      for (const message of messages) socket.deliver(message)
    },
    refuse: async () => socket.close(),
    ready: async () => {},
    deliver: async (message) => socket.deliver(message),
    drop: async () => socket.close(),
    async heard(count) {
      while (socket.sent.length < count) await turn()
      return socket.sent.map(String)
    },
    gone: async () => {},
  }
}

async function realWorld(): Promise<World> {
  const environment = createRealEnvironment()
  const dials = createQueue<Other>()
  const sockets = new Set<Duplex>()
  const webSockets = new WebSocketServer({ noServer: true })
  const server = createServer()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => dials.push(realOther(webSockets, request, socket, head)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return {
    transport: createWebSocketTransport(environment),
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    next: dials.next,
    get dials() {
      return dials.all.length
    },
    left: () => [...[...sockets].map(() => 'socket'), ...Array.from({ length: environment.pending }, () => 'timer')],
  }
}

function realOther(server: WebSocketServer, request: IncomingMessage, socket: Duplex, head: Buffer): Other {
  const heard = createQueue<string>()
  const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  const destroy = () => socket.destroy()
  socket.on('error', destroy)
  socket.on('end', destroy).resume() // else nobody reads, and nobody notices the end
  let webSocket: WebSocket | undefined
  return {
    async accept(...messages) {
      if (socket.destroyed) return
      socket.off('end', destroy)
      socket.cork() // the answer and what is said with it arrive as one packet
      server.handleUpgrade(request, socket, head, (accepted) => {
        webSocket = accepted
        accepted.on('message', (data) => heard.push(String(data)))
        for (const message of messages) accepted.send(message)
      })
      socket.uncork()
    },
    async refuse() {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    },
    ready: async () => {},
    deliver: async (message) => webSocket?.send(message),
    drop: async () => void socket.end(),
    async heard(count) {
      while (heard.all.length < count) await heard.next()
      return heard.all
    },
    gone: () => gone,
  }
}
