/** The client is centrifuge's own; its server is Go, so a stub of its protocol stands in, with history and recovery. */
import { createServer } from 'node:http'
import { Centrifuge } from 'centrifuge'
import { WebSocket, WebSocketServer } from 'ws'
import { down, listen, up } from '../lib/events.mjs'

const epoch = () => crypto.randomUUID().slice(0, 4)
/** s, the server's defaults. */
const ping = 25
const kept = 5_000

function createLog() {
  const log = { epoch: epoch(), top: 0, publications: [] }
  return {
    log,
    add(data) {
      log.publications.push({ data, offset: ++log.top })
      if (log.publications.length > kept) log.publications.shift()
      return log.publications.at(-1)
    },
    after: (offset) => log.publications.filter((one) => one.offset > offset),
  }
}

/** What a client said, answered; the same over both transports. */
function createConversation({ greeting, onMessage, history }, connection) {
  const commands = {
    connect: () => ({
      connect: { client: connection.session, version: '6', ping, pong: true, session: connection.session, node: 'one' },
    }),
    subscribe({ channel, recover, epoch: known, offset = 0 }) {
      const { log } = history
      connection.subscribed = channel === down
      const recovered = Boolean(recover) && known === log.epoch
      const publications = recovered ? history.after(offset) : greeting ? [{ data: greeting }] : []
      return {
        subscribe: {
          recoverable: true,
          positioned: true,
          epoch: log.epoch,
          offset: log.top,
          publications,
          ...(recover && { recovered, was_recovering: true }),
        },
      }
    },
    publish({ channel, data }) {
      if (channel === up) onMessage(data)
      return { publish: {} }
    },
  }
  return (text) => {
    const replies = []
    for (const line of text.split('\n')) {
      const { id, ...rest } = JSON.parse(line)
      const [name] = Object.keys(rest)
      if (commands[name]) replies.push(JSON.stringify({ id, ...commands[name](rest[name]) }))
    }
    if (replies.length > 0) connection.write(replies.join('\n'))
  }
}

export default {
  label: 'centrifuge',
  stub: true,
  reconnects: true,
  fallback: true,
  acknowledges: true,
  async startServer({ port, ...rest }) {
    const history = createLog()
    const connections = new Map()
    const options = { ...rest, history }

    function open(write) {
      const connection = { session: crypto.randomUUID(), write, subscribed: false, close }
      const timer = setInterval(() => write('{}'), ping * 1_000)
      function close() {
        clearInterval(timer)
        connections.delete(connection.session)
      }
      connections.set(connection.session, connection)
      connection.hear = createConversation(options, connection)
      return connection
    }

    async function onRequest(request, response) {
      let body = ''
      for await (const chunk of request) body += chunk
      if (request.url === '/connection/http_stream') {
        response.writeHead(200, { 'content-type': 'application/octet-stream' })
        const connection = open((text) => response.write(`${text}\n`))
        response.on('close', connection.close)
        return connection.hear(body)
      }
      if (request.url !== '/emulation') return response.writeHead(404).end()
      const { session, data } = JSON.parse(body)
      const connection = connections.get(session)
      response.writeHead(connection ? 204 : 404).end()
      connection?.hear(data)
    }

    const http = createServer((request, response) => onRequest(request, response).catch(() => response.destroy()))
    const sockets = new WebSocketServer({ server: http, path: '/connection/websocket', perMessageDeflate: false })
    sockets.on('connection', (socket) => {
      const connection = open((text) => socket.send(text))
      socket.on('message', (message) => connection.hear(message.toString()))
      socket.on('close', connection.close)
    })
    return {
      port: await listen(http, port),
      publish(data) {
        const text = JSON.stringify({ push: { channel: down, pub: history.add(data) } })
        for (const connection of connections.values()) if (connection.subscribed) connection.write(text)
      },
    }
  },
  createClient({ port, transport }) {
    const base = `127.0.0.1:${port}`
    const endpoints = [
      { transport: 'websocket', endpoint: `ws://${base}/connection/websocket` },
      { transport: 'http_stream', endpoint: `http://${base}/connection/http_stream` },
    ].filter(({ transport: name }) => !transport || (name === 'websocket') === (transport === 'websocket'))
    const client = new Centrifuge(endpoints, {
      websocket: WebSocket,
      fetch,
      readableStream: ReadableStream,
      emulationEndpoint: `http://${base}/emulation`,
    })
    client.connect()
    const subscription = client.newSubscription(down)
    return {
      subscribe(listener) {
        subscription.on('publication', ({ data }) => listener(data))
        const joined = new Promise((resolve) => subscription.once('subscribed', () => resolve()))
        subscription.subscribe()
        return joined
      },
      publish: (data) => client.publish(up, data),
      close: () => client.disconnect(),
    }
  },
}
