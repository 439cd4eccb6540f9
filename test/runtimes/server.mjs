import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { WebSocketServer } from 'ws'
import { listen, shut } from '../../examples/vanilla/listen.mjs'

/** The server that the smoke test talks to: everwire, out of the packed package of `app`; an echo; and `files` by their path. */
export async function startServer(app, files = {}) {
  const { createRealtime } = createRequire(join(app, 'server.cjs'))('everwire/server')
  const sockets = new Set()
  const server = createServer((request, response) => {
    const file = files[request.url]
    response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.text)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })

  const cuts = {}
  const realtime = createRealtime({
    channels: {
      'room:{transport}': {
        publish: () => true,
        requests: {
          add: ({ input: { a, b } }) => ({ sum: a + b }),
          cut({ input: { texts }, channel }) {
            cuts[channel] = (cuts[channel] ?? 0) + 1
            for (const socket of sockets) socket.destroy()
            for (const text of texts) void realtime.publish(channel, 'text', text)
            return cuts[channel]
          },
        },
      },
    },
  })
  realtime.attach(server, { path: '/realtime' })

  const echo = new WebSocketServer({ server, path: '/echo' })
  echo.on('connection', (socket) => {
    socket.on('message', (data, isBinary) =>
      String(data) === 'hang up' ? socket.terminate() : socket.send(data, { binary: isBinary }),
    )
  })

  const port = await listen(server, 0, '127.0.0.1')
  return {
    base: `http://127.0.0.1:${port}`,
    async close() {
      await realtime.close()
      await shut(server)
    },
  }
}
