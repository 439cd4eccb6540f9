import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRealtime, EverwireError } from 'everwire/server'
import express from 'express'
import { build, createServer as createVite } from 'vite'
import { type Live, longest } from './contract'

interface User {
  id: string
  name: string
}

export async function start({ root, dev, port }: { root: string; dev: boolean; port: number }): Promise<void> {
  let viewers = 0

  const realtime = createRealtime<Live, User>({
    // A name is all it takes here. In earnest: verify a session cookie or a signed token, and throw if it is no good.
    authenticate({ token }) {
      const name = token?.trim()
      if (!name || name.length > 24) throw new Error('a name has 1 to 24 characters')
      return { id: name, name }
    },
    channels: {
      'stream:{id}': {
        // The log is the chat's history: who joins reads its end, who was away catches up. Typing and cheers are volatile and not in it.
        history: { messages: 500, seconds: 86_400 },
        publish({ event, data, user }) {
          // never believe the page: the server says who speaks, and when
          if (event === 'typing' || event === 'cheer') return { from: user.name }
          if (event !== 'message' || typeof data.text !== 'string' || !data.text.trim()) return false
          if (data.text.length > longest) throw new EverwireError('too_long', `At most ${longest} characters`)
          return { from: user.name, text: data.text, at: Date.now() }
        },
      },
      // A log of one event is a value: who joins with `rewind: 1` has it at once. Nobody but the server publishes here.
      audience: { history: { messages: 1, seconds: 86_400 } },
    },
    onConnect: () => count(1),
    onDisconnect: () => count(-1),
  })

  function count(change: number): void {
    viewers += change
    realtime.publish('audience', 'count', { viewers })
  }

  const app = express()
  const server = createServer(app)
  realtime.attach(server, { path: '/realtime' }) // first come, first served: Express never sees these requests

  app.get('/stats', (_, response) => {
    response.json(realtime.stats())
  })
  if (dev) {
    const vite = await createVite({ root, server: { middlewareMode: true, hmr: { server } } })
    app.use(vite.middlewares)
  } else {
    await build({ root, logLevel: 'warn' })
    app.use(express.static(`${root}dist`))
  }

  server.once('error', ({ message }) => {
    console.error(`${message}; PORT chooses another one`)
    process.exit(1)
  })
  server.listen(port, '127.0.0.1', () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    console.log(`\n  everwire chat: ${url}\n  Open it in two windows. Ctrl+C ends it.\n`)
  })

  // clients are told to come back within two seconds, so that the next process finds them waiting
  async function stop(): Promise<void> {
    await realtime.close({ drain: 2_000 })
    process.exit()
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
}
