import { cleanup, render } from '@testing-library/react'
import { type Client, createClient } from 'everwire'
import { RealtimeProvider } from 'everwire/react'
import type { RealtimeOptions } from 'everwire/server'
import { createElement, type ReactElement, type ReactNode } from 'react'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type Chat, openChannels, startServer, type User } from '../support/server'

declare module 'everwire' {
  // what the hooks know in these tests
  interface Register {
    contract: Chat
  }
}

export type Room = `room:${string}`

/** A server that counts who connects and who joins what, and a client that is closed when the test is over. */
export async function startPair(options: Partial<RealtimeOptions<Chat, User>> = {}) {
  const connected: string[] = []
  const joined: string[] = []
  const server = await startServer({
    onConnect: ({ id }) => void connected.push(id),
    channels: {
      ...openChannels,
      'room:{id}': { ...openChannels['room:{id}'], subscribe: ({ channel }) => joined.push(channel) > 0 },
    },
    ...options,
  } as Partial<RealtimeOptions<Chat, User>>)
  const client = connect(server.url)
  const say = (room: Room, text: string) => server.realtime.publish(room, 'message', { text })
  return { server, client, connected, joined, say }
}

/** The simulated DOM has a WebSocket and a fetch of its own, with rules of origin that a loopback server does not meet. */
export function connect(url: string): Client<Chat> {
  const client = createClient<Chat>({ url, transports: ['websocket'], WebSocket: WebSocket as never })
  onTestFinished(() => client.close())
  return client
}

/** Renders below a provider. What React complains about fails the test. */
export function mount(client: Client<Chat>, node: ReactNode) {
  const within = (child: ReactNode): ReactElement => createElement(RealtimeProvider, { client }, child)
  const complaints = watchConsole()
  const result = render(within(node))
  onTestFinished(() => {
    cleanup()
    expect(complaints).toEqual([])
  })
  return { ...result, rerender: (next: ReactNode) => result.rerender(within(next)) }
}

/** Collects what is written to `console.error` until the test is over. */
export function watchConsole(): unknown[][] {
  const lines: unknown[][] = []
  const { error } = console
  console.error = (...args) => void lines.push(args)
  onTestFinished(() => {
    console.error = error
  })
  return lines
}
