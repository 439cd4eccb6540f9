import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { type Client, createClient } from 'everwire'
import {
  RealtimeProvider,
  useChannel,
  useChannelEvents,
  useChannelState,
  useConnection,
  useEvent,
  useGap,
} from 'everwire/react'
import { StrictMode } from 'react'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { expect, test } from 'vitest'
import type { Chat } from '../support/server'
import { watchConsole } from './render'

function Page() {
  const { status } = useConnection()
  const room = useChannelState('room:1')
  const messages = useChannelEvents('room:1', 'message', { rewind: 50 })
  useChannel('room:1')
  useEvent('room:1', 'typing', () => {})
  useGap('room:1', () => {})
  return (
    <p>
      {status} {room.status} {messages.length}
    </p>
  )
}

/** A client as an app makes it for its pages, with an address that only a page can complete. It tells of all it is asked. */
function guardedClient() {
  const asked: string[] = []
  const client = createClient<Chat>({
    url: '/realtime',
    auth: () => void asked.push('auth'),
    fetch: () => {
      asked.push('fetch')
      return new Promise(() => {})
    },
    WebSocket: class {
      constructor() {
        asked.push('WebSocket')
      }
    } as never,
  })
  const guarded = new Proxy(client, {
    get(target, key) {
      if (key !== 'state') asked.push(String(key))
      return Reflect.get(target, key) as unknown
    },
  })
  return { client: guarded as Client<Chat>, asked }
}

const html = '<p>idle<!-- --> <!-- -->idle<!-- --> <!-- -->0</p>'

test('a server renders the empty state, asks the client for nothing and complains of nothing', () => {
  const complaints = watchConsole()
  const { client, asked } = guardedClient()
  const page = (
    <StrictMode>
      <RealtimeProvider client={client}>
        <Page />
      </RealtimeProvider>
    </StrictMode>
  )
  expect(renderToString(page)).toBe(html)
  expect(asked.filter((what) => what !== 'watch')).toEqual([]) // read, not called
  expect(complaints).toEqual([])
})

test('so does one that streams', async () => {
  const { client, asked } = guardedClient()
  const page = (
    <RealtimeProvider client={client}>
      <Page />
    </RealtimeProvider>
  )
  const { pipe } = renderToPipeableStream(page)
  expect(await text(pipe(new PassThrough()))).toBe(html)
  expect(asked.filter((what) => what !== 'watch')).toEqual([])
})
