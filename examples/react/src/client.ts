import { createClient } from 'everwire'
import type { Live } from '../contract'

declare module 'everwire' {
  // gives the hooks of everwire/react their types
  interface Register {
    contract: Live
  }
}

const query = new URLSearchParams(location.search)

/** Who is in front of this tab. `?name=Ada` goes straight in. */
export const name = {
  read: () => query.get('name') ?? sessionStorage.getItem('name') ?? '',
  write: (name: string) => sessionStorage.setItem('name', name),
}

/** `?transports=polling`: as if WebSocket were blocked. */
export const webSocketBlocked = query.get('transports') === 'polling'

export function blockWebSocket(blocked: boolean): void {
  if (blocked) query.set('transports', 'polling')
  else query.delete('transports')
  location.search = query.toString()
}

/** One for the page, made outside of React. It connects when the first component listens. */
export const client = createClient<Live>({
  url: '/realtime',
  auth: name.read,
  ...(webSocketBlocked && { transports: ['polling'] }),
})
