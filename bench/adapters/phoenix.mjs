/** The client is phoenix's own; its server is Elixir, so a stub of its protocol stands in: small, without a process per channel. */
import { createServer } from 'node:http'
import { LongPoll, Socket } from 'phoenix'
import { WebSocket, WebSocketServer } from 'ws'
import { down, event, listen, up } from '../lib/events.mjs'

/** A held poll is answered after this long, ms: the server's default. */
const window = 10_000

/** What a client said, answered; the same over both transports. */
function createConversation({ greeting, onMessage }, write) {
  return (text) => {
    const [join, ref, topic, name, payload] = JSON.parse(text)
    write(JSON.stringify([join, ref, topic, 'phx_reply', { status: 'ok', response: {} }]))
    if (name === 'phx_join' && greeting) write(JSON.stringify([join, null, topic, event, greeting]))
    if (name === up) onMessage(payload)
  }
}

/** Sessions of long-polling: a token, what waits, and the poll that is held. */
function createPolling(options, sessions) {
  const json = (response, body) => {
    const text = JSON.stringify(body)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text)
  }
  function open() {
    const session = { token: crypto.randomUUID(), waiting: [], held: undefined, flush, write, close }
    function flush() {
      if (!session.held || session.waiting.length === 0) return
      clearTimeout(session.timer)
      json(session.held, { status: 200, token: session.token, messages: session.waiting.splice(0) })
      session.held = undefined
    }
    function write(text) {
      session.waiting.push(text)
      setImmediate(flush)
    }
    function close() {
      clearTimeout(session.timer)
      sessions.delete(session.token)
    }
    session.hear = createConversation(options, write)
    sessions.set(session.token, session)
    return session
  }
  return async (request, response) => {
    const url = new URL(request.url, 'http://localhost')
    const session = sessions.get(url.searchParams.get('token'))
    if (!url.pathname.endsWith('/longpoll')) return response.writeHead(404).end()
    let body = ''
    for await (const chunk of request) body += chunk
    if (!session) return json(response, { status: 410, token: open().token, messages: [] })
    if (request.method === 'POST') {
      for (const line of body.split('\n')) session.hear(line)
      return json(response, { status: 200, token: session.token, messages: [] })
    }
    session.held = response
    session.timer = setTimeout(() => {
      session.held = undefined
      json(response, { status: 204, token: session.token, messages: [] })
    }, window)
    session.flush()
  }
}

export default {
  label: 'phoenix',
  stub: true,
  reconnects: true,
  fallback: true,
  acknowledges: true,
  async startServer({ port, ...options }) {
    const polls = new Map()
    const http = createServer(createPolling(options, polls))
    const sockets = new WebSocketServer({ server: http, path: '/socket/websocket', perMessageDeflate: false })
    sockets.on('connection', (socket) => {
      const hear = createConversation(options, (text) => socket.send(text))
      socket.on('message', (message) => hear(message.toString()))
    })
    return {
      port: await listen(http, port),
      publish(data) {
        const text = JSON.stringify([null, null, down, event, data])
        for (const socket of sockets.clients) socket.send(text)
        for (const session of polls.values()) session.write(text)
      },
    }
  },
  createClient({ port, transport }) {
    const socket = new Socket(`ws://127.0.0.1:${port}/socket`, {
      transport: transport === 'polling' ? LongPoll : WebSocket,
      // as its generator puts it into new applications
      ...(transport ? {} : { longPollFallbackMs: 2_500 }),
    })
    socket.connect()
    const channel = socket.channel(down)
    return {
      subscribe(listener) {
        channel.on(event, listener)
        return new Promise((resolve) => channel.join().receive('ok', () => resolve()))
      },
      publish: (data) =>
        new Promise((resolve, reject) => {
          channel.push(up, data).receive('ok', resolve).receive('error', reject).receive('timeout', reject)
        }),
      close: () => socket.disconnect(),
    }
  },
}
