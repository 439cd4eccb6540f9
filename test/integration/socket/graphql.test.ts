// Underneath graphql-ws, which makes a new socket after each end: `retry: () => false` leaves the redialling to it.
import { createRequire } from 'node:module'
import { ReconnectingWebSocket } from 'everwire/socket'
import { type Client, createClient } from 'graphql-ws'
import { useServer } from 'graphql-ws/use/ws'
import { expect, onTestFinished, test } from 'vitest'
import { collect } from '../../support/client'
import { counted, startPlainServer } from './servers'

// the copy that graphql-ws gets, too: two do not know each other's classes
const { GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } = createRequire(import.meta.url)(
  'graphql',
) as typeof import('graphql')

class OneConnection extends ReconnectingWebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { retry: () => false, connectTimeout: 300 })
  }
}

/** A server with one query and one subscription, whose numbers the test hands out. */
async function startGraphql() {
  const listeners = new Set<(n: number) => void>()
  const subscribed = collect<true>()
  async function* numbers() {
    const waiting: number[] = []
    let wake = () => {}
    const listener = (n: number) => {
      waiting.push(n)
      wake()
    }
    listeners.add(listener)
    subscribed.push(true)
    try {
      for (;;) {
        while (waiting.length > 0) yield { number: waiting.shift() }
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    } finally {
      listeners.delete(listener)
    }
  }
  const schema = new GraphQLSchema({
    query: new GraphQLObjectType({
      name: 'Query',
      fields: {
        echo: { type: GraphQLString, args: { text: { type: GraphQLString } }, resolve: (_, { text }) => text },
      },
    }),
    subscription: new GraphQLObjectType({
      name: 'Subscription',
      fields: { number: { type: GraphQLInt, subscribe: numbers } },
    }),
  })
  const server = await startPlainServer((sockets) => void useServer({ schema }, sockets))
  return {
    ...server,
    subscribed,
    say: (n: number) => {
      for (const listener of listeners) listener(n)
    },
  }
}

function start(url: string) {
  const { Counted, alive } = counted(OneConnection)
  const client = createClient({
    url,
    webSocketImpl: Counted,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: async () => {},
    shouldRetry: () => true,
  })
  onTestFinished(() => client.dispose())
  return { client, alive }
}

async function query(client: Client, text: string) {
  for await (const { data } of client.iterate({
    query: 'query ($text: String) { echo(text: $text) }',
    variables: { text },
  }))
    return data?.echo
}

test('graphql-ws queries', async () => {
  const server = await startGraphql()
  const { client } = start(server.url)
  expect(await query(client, 'hello')).toBe('hello')
})

test('a subscription of graphql-ws goes on after each drop, over one connection at a time', async () => {
  const server = await startGraphql()
  const { client, alive } = start(server.url)
  const numbers = collect<unknown>()
  const stop = client.subscribe(
    { query: 'subscription { number }' },
    { next: ({ data }) => numbers.push(data?.number), error: numbers.push, complete() {} },
  )
  onTestFinished(stop)
  for (let n = 1; n <= 4; n++) {
    await server.subscribed.take(n)
    server.say(n)
    expect(await numbers.take(n)).toHaveLength(n)
    expect(alive()).toBe(1)
    if (n < 4) server.proxy.resetAll()
  }
  expect(numbers.all).toEqual([1, 2, 3, 4])
  expect(server.clients.size).toBe(1)
})

test('an upgrade that hangs, on which graphql-ws would wait for ever, is given up', async () => {
  const server = await startGraphql()
  const { client } = start(server.url)
  server.proxy.set({ upgrade: 'hang' })
  const answer = query(client, 'late')
  await server.proxy.events.next('upgrade')
  server.proxy.set({ upgrade: 'pass' })
  expect(await answer).toBe('late')
})
