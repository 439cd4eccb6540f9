import { type Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { createQueue } from '../../support/queue'

export interface Received {
  method: string
  url: string
  body: string
  headers: IncomingMessage['headers']
}

/** A target that answers what the test says and echoes on WebSocket. */
export async function startTarget(
  answer: (response: ServerResponse, request: Received) => void = (response) => response.end('hello from the target'),
) {
  const requests = createQueue<Received>()
  const heard = createQueue<string>()
  const closed = createQueue<number>()
  const sockets = new Set<Socket>()
  const server = createServer(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    const received = { method: incoming.method!, url: incoming.url!, body, headers: incoming.headers }
    requests.push(received)
    answer(response, received)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const websockets = new WebSocketServer({ server })
  websockets.on('connection', (socket) => {
    socket.on('message', (data) => {
      heard.push(String(data))
      socket.send(`echo ${data}`)
    })
    socket.on('error', () => {})
    socket.on('close', (code) => closed.push(code))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return { port: (server.address() as AddressInfo).port, requests, heard, closed, clients: websockets.clients }
}

/** A WebSocket whose story is awaited: open, messages, close or failure. */
export function openSocket(url: string) {
  const socket = new WebSocket(url.replace('http', 'ws'))
  onTestFinished(() => socket.terminate())
  const messages = createQueue<string>()
  const story = createQueue<string>()
  socket.on('open', () => story.push('open'))
  socket.on('unexpected-response', (_, response) => {
    story.push(`status ${response.statusCode}`)
    response.resume()
    socket.terminate()
  })
  socket.on('message', (data) => messages.push(String(data)))
  socket.on('error', () => {})
  socket.on('close', (code) => story.push(`closed ${code}`))
  return { socket, messages, story, send: (text: string) => socket.send(text) }
}

export interface Reply {
  status: number
  headers: IncomingMessage['headers']
  body: string
  /** Whether all of what was announced arrived. */
  complete: boolean
}

/** One HTTP request; rejects with the error's code when no answer begins. */
export function ask(url: string, options: { method?: string; body?: string; agent?: Agent } = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let begun = false
    const sent = request(url, { agent: options.agent ?? false, method: options.method ?? 'GET' }, (incoming) => {
      begun = true
      let body = ''
      incoming.on('data', (chunk) => {
        body += chunk
      })
      incoming.on('error', () => {})
      incoming.on('close', () =>
        resolve({ status: incoming.statusCode!, headers: incoming.headers, body, complete: incoming.complete }),
      )
    })
    onTestFinished(() => void sent.destroy())
    sent.on('error', (error: NodeJS.ErrnoException) => begun || reject(new Error(error.code)))
    sent.end(options.body)
  })
}

/** A bare TCP connection. */
export function openTcp(port: number) {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  const story = createQueue<string>()
  socket.on('connect', () => story.push('open'))
  socket.on('error', (error: NodeJS.ErrnoException) => story.push(error.code!))
  socket.on('close', () => story.push('closed'))
  return { socket, story }
}

/** True when the promise is still pending once `other` came to pass. */
export async function pendingAfter(promise: Promise<unknown>, other: Promise<unknown>): Promise<boolean> {
  let settled = false
  promise.then(
    () => (settled = true),
    () => (settled = true),
  )
  await other
  return !settled
}
