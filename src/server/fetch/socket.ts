import type { Message } from '../../protocol/frames'
import type { Host, RequestView } from '../hosts'

/** What is used of a WebSocket with the web's interface, on the server's side. */
export interface StandardSocket {
  binaryType?: string
  readonly readyState: number
  /** Missing in workerd. */
  readonly bufferedAmount?: number
  send(data: string | Uint8Array<ArrayBuffer>): void
  close(code?: number, reason?: string): void
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void
  addEventListener(type: 'close' | 'error', listener: () => void): void
}

const open = 1
/** It does not say when its buffer empties: looked at this often while there is something in it, ms. */
const lookEveryMs = 20

/** Hands an open WebSocket to the core. */
export function acceptSocket(host: Host, socket: StandardSocket, request: RequestView): void {
  const buffered = () => socket.bufferedAmount ?? 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function look(): void {
    timer = undefined
    handlers.drained()
    watch()
  }

  function watch(): void {
    if (socket.readyState === open && buffered() > 0) timer ??= setTimeout(look, lookEveryMs)
  }

  function closed(): void {
    clearTimeout(timer)
    handlers.closed()
  }

  socket.binaryType = 'arraybuffer'
  const handlers = host.accept({
    request,
    send(message: Message) {
      if (socket.readyState !== open) return
      socket.send(message as string | Uint8Array<ArrayBuffer>)
      watch()
    },
    close: (code, reason) => socket.close(code, reason),
    buffered,
  })
  socket.addEventListener('message', ({ data }) =>
    handlers.receive(typeof data === 'string' ? data : new Uint8Array(data as ArrayBuffer)),
  )
  socket.addEventListener('close', closed)
  socket.addEventListener('error', closed)
}
