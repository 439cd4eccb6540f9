// Compiled, never run: right programs compile, wrong ones do not.
import {
  type CloseInfo,
  EverwireError,
  ReconnectingWebSocket,
  type ReconnectingWebSocketConstructor,
  type ReconnectingWebSocketOptions,
} from 'everwire/socket'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_T extends true>() => {}

// it drops in: an instance and the class go wherever the platform's go
const socket = new ReconnectingWebSocket('wss://feed.example.com')
export const instance: WebSocket = socket
export const implementation: typeof WebSocket = ReconnectingWebSocket
export const takes = (make: new (url: string, protocols?: string | string[]) => WebSocket) => make
takes(ReconnectingWebSocket)

// the platform's own types for what is the platform's
socket.addEventListener('message', (event) => same<Same<typeof event, MessageEvent>>())
socket.addEventListener('close', ({ code, reason, wasClean }) => [code.toFixed(), reason.trim(), wasClean])
socket.onmessage = ({ data, origin }) => [data, origin.trim()]
socket.binaryType = 'arraybuffer'
socket.send(new Uint8Array(1))
same<Same<typeof socket.OPEN, 1>>()
same<Same<typeof ReconnectingWebSocket.CLOSED, 3>>()

// every form of the arguments
new ReconnectingWebSocket(new URL('wss://feed.example.com'), 'chat')
new ReconnectingWebSocket(
  () => 'wss://feed.example.com',
  () => ['chat'],
)
new ReconnectingWebSocket(async () => new URL('wss://feed.example.com'), Promise.resolve(['chat']))
new ReconnectingWebSocket('wss://feed.example.com', undefined, {
  backoff: { base: 100 },
  connectTimeout: 5_000,
  minUptime: 1_000,
  heartbeat: { send: () => new Uint8Array(1), expect: (data) => data === 'pong' },
  queue: { messages: 10, policy: 'drop-oldest', dropped: (data) => data },
  unref: true,
  retry(close, attempt) {
    same<Same<typeof close, CloseInfo>>()
    same<Same<typeof attempt, number>>()
    return close.code === 4401 ? false : attempt * 1_000
  },
})
export const options: ReconnectingWebSocketOptions = { retry: () => undefined }
export const made: ReconnectingWebSocket = new (ReconnectingWebSocket as ReconnectingWebSocketConstructor)('ws://a')

// what is added
for await (const data of socket.messages({ signal: AbortSignal.abort() })) same<Same<typeof data, unknown>>()
socket.reconnect(3000, 'again')
socket[Symbol.dispose]()
export const failed = (error: unknown) => error instanceof EverwireError && error.code

// it may be extended
export class JsonSocket extends ReconnectingWebSocket {
  json(value: unknown) {
    this.send(JSON.stringify(value))
  }
}

// wrong arguments
// @ts-expect-error no URL
new ReconnectingWebSocket()
// @ts-expect-error a number is no URL
new ReconnectingWebSocket(5)
// @ts-expect-error a function that returns no URL
new ReconnectingWebSocket(() => 5)
// @ts-expect-error a misspelt option
new ReconnectingWebSocket('ws://a', [], { connectTimeOut: 5 })
// @ts-expect-error a heartbeat has to send something
new ReconnectingWebSocket('ws://a', [], { heartbeat: { expect: 'pong' } })
// @ts-expect-error no such policy
new ReconnectingWebSocket('ws://a', [], { queue: { policy: 'drop-newest' } })
// @ts-expect-error options are the third argument
new ReconnectingWebSocket('ws://a', { minUptime: 5 })

// wrong uses
// @ts-expect-error only the platform's two
socket.binaryType = 'nodebuffer'
// @ts-expect-error for reading
socket.readyState = 1
// @ts-expect-error for reading
socket.attempt = 0
// @ts-expect-error no such event
socket.onopened = () => {}
// @ts-expect-error not a signal
socket.messages({ signal: 5 })
