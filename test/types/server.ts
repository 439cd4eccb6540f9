// Compiled, never run: right programs compile, wrong ones do not.
import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'

type Chat = {
  'room:{id}': {
    events: { message: { from: string; text: string }; typing: { from: string } }
    requests: { history: (input: { limit: number }) => { from: string; text: string }[] }
  }
}
const db = { recent: (_id: string, _n: number) => [{ from: 'a', text: 'b' }] }
const realtime = createRealtime<Chat>({
  authenticate: ({ token, expiresIn }) => {
    expiresIn(5)
    return { id: token, name: 'x', rooms: ['a'] }
  },
  origins: ['https://app.example.com'],
  channels: {
    'room:{id}': {
      subscribe: ({ user, params }) => user.rooms.includes(params.id),
      publish: ({ user, data }) => ({ ...data, from: user.name }),
      requests: { history: ({ params, input, idempotencyKey }) => db.recent(params.id + idempotencyKey, input.limit) },
      history: { messages: 5000, seconds: 120, bytes: 2_000_000 },
    },
  },
  onConnect: ({ user, id }) => {
    console.error(user, id)
  },
  limits: { messageBytes: 65_536, sendsPerSecond: 200, sendBurst: 1024 },
})
const server = createServer()
realtime.attach(server, { path: '/realtime' })
await realtime.publish('room:42', 'message', { from: 'system', text: 'welcome' })
// @ts-expect-error wrong data
await realtime.publish('room:42', 'message', { from: 'system' })
// @ts-expect-error wrong event
await realtime.publish('room:42', 'massage', { from: 'system', text: '' })
// @ts-expect-error wrong channel
await realtime.publish('rom:42', 'message', { from: 'system', text: '' })
realtime.unsubscribe({ user: 'u_9', channel: 'room:42' })
realtime.kick({ user: 'u_9' })
await realtime.close({ drain: 10_000 })
createRealtime<Chat>({
  channels: {
    // @ts-expect-error no such pattern
    'rom:{id}': {},
  },
})
createRealtime<Chat>({
  channels: {
    // @ts-expect-error wrong output
    'room:{id}': { requests: { history: () => 5 } },
  },
})
createRealtime<Chat>({
  channels: {
    'room:{id}': {
      publish: (context) => {
        if (context.event === 'typing') {
          // @ts-expect-error typing has no text
          return context.data.text
        }
        return context.data.text.length > 0
      },
      requests: { history: { handler: ({ input }) => db.recent('', input.limit), idempotent: true } },
    },
  },
})
createRealtime<Chat, { id: string }>({
  authenticate: () => ({ id: 'x' }),
  channels: {
    'room:{id}': {
      // @ts-expect-error the user has no name
      subscribe: ({ user }) => user.name === 'x',
    },
  },
})
// untyped
const any = createRealtime({
  authenticate: async ({ token }) => ({ id: token, admin: true }),
  identify: (user) => String(user.id),
  channels: {
    'room:{id}': {
      publish: ({ user, data, params }) => user.admin && params.id && data,
      requests: { echo: ({ input }) => input },
    },
    lobby: {},
  },
})
await any.publish('room:1', 'x', 5)
// @ts-expect-error inferred from authenticate
createRealtime({ authenticate: () => ({ id: 'x' }), channels: { a: { subscribe: ({ user }) => user.nope } } })
createRealtime()
