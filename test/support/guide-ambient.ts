// What the pieces of the guides take for granted: the reader's contract, client and functions.
import type { Client } from 'everwire'

interface TheirChat {
  'room:{id}': {
    events: { message: { from: string; text: string }; typing: { from: string } }
    requests: { history: (input: { limit: number }) => { from: string; text: string }[] }
  }
}
interface TheirUser {
  id: string
  name: string
  rooms: string[]
}
type Packages = typeof import('everwire') & typeof import('everwire/server') & typeof import('everwire/react')

declare global {
  type Chat = TheirChat
  type User = TheirUser
  const client: Client<TheirChat>
  const room: import('everwire').Channel<TheirChat, 'room:42'>
  const createClient: Packages['createClient']
  const EverwireError: Packages['EverwireError']
  const createRealtime: Packages['createRealtime']
  const useChannelEvents: Packages['useChannelEvents']
  const useChannel: Packages['useChannel']
  const useState: typeof import('react').useState
  const stream: 'room:live'
  const me: string
  const text: string
  const publish: import('everwire').Channel<TheirChat, 'room:live'>['publish']
  const Bun: {
    serve(options: {
      port: number
      routes: Record<
        string,
        (request: Request, server: import('everwire/server/fetch').BunServer) => Promise<Response | undefined>
      >
      websocket: object
    }): unknown
  }
  const Deno: {
    serve(
      options: { port: number },
      handler: (request: Request, info: import('everwire/server/fetch').DenoInfo) => Response | Promise<Response>,
    ): unknown
  }
  type Draft = { id: number; text: string; state: string }
  function mark(id: number, state: string | undefined): void
  function verify(token: string | undefined): Promise<{ user: TheirUser; expiresAt: number }>
  function showMaybeSent(): void
  function showFailed(error: unknown): void
  interface ImportMeta {
    readonly env: { readonly DEV: boolean }
  }
}
