import type { WebSocketConstructor, WebSocketLike } from '../../src/environment/environment'
import { createQueue } from './queue'

/** The server's end of one dial. */
export interface FakeSocket {
  readonly url: string
  readonly protocols: string | string[] | undefined
  /** What the client wrote. */
  readonly sent: (string | Uint8Array)[]
  /** The code the client closed with; undefined = it has not closed, null = it gave none. */
  readonly closedWith: number | null | undefined
  /** True once either side has closed it. */
  readonly over: boolean
  accept(): void
  /** A message; bytes arrive as the `binaryType` wants them. */
  deliver(message: string | Uint8Array): void
  /** The end, seen from the client: an error first unless the closing was clean. */
  close(code?: number, reason?: string): void
}

const connecting = 0
const open = 1
const closing = 2
const closed = 3
/** Without a close frame: 1006, but 0 in Deno. */
const isBroken = (code: number) => code === 1006 || code === 0

/**
 * A WebSocket constructor without a network. Like the `ws` package it throws an error that nobody listens to.
 *
 * @example
 * const { WebSocket, dials } = createFakeWebSocket()
 * const socket = await dials.next()
 * socket.accept()
 */
export function createFakeWebSocket() {
  const dials = createQueue<FakeSocket>()

  function construct(url: string, protocols?: string | string[]): WebSocketLike {
    const target = new EventTarget()
    const sent: (string | Uint8Array)[] = []
    let readyState = connecting
    let closedWith: number | null | undefined
    let errorListeners = 0

    function emit(type: string, fields: object = {}): void {
      target.dispatchEvent(Object.assign(new Event(type), fields))
    }
    function end(code: number, reason = ''): void {
      if (readyState === closed) return
      readyState = closed
      if (isBroken(code) && errorListeners === 0) throw new Error('unhandled error event')
      if (isBroken(code)) emit('error')
      emit('close', { code, reason, wasClean: !isBroken(code) })
    }

    const socket = {
      binaryType: 'blob',
      bufferedAmount: 0,
      extensions: '',
      // a server takes the first it is offered
      protocol: [protocols ?? ''].flat()[0] ?? '',
      get readyState() {
        return readyState
      },
      send(data: string | Uint8Array) {
        if (readyState === connecting) throw new Error('still connecting')
        if (readyState === open) sent.push(data)
      },
      close(code?: number) {
        if (readyState >= closing) return
        const before = readyState
        readyState = closing
        closedWith = code ?? null
        queueMicrotask(() => end(before === connecting ? 1006 : (code ?? 1005)))
      },
      addEventListener(type: string, listener: EventListener) {
        if (type === 'error') errorListeners++
        target.addEventListener(type, listener)
      },
    }
    dials.push({
      url,
      protocols,
      sent,
      get closedWith() {
        return closedWith
      },
      get over() {
        return readyState >= closing
      },
      accept() {
        if (readyState !== connecting) return
        readyState = open
        emit('open')
      },
      deliver(message) {
        if (readyState === closed) return
        const binary = (bytes: Uint8Array) =>
          socket.binaryType === 'arraybuffer' ? bytes.slice().buffer : new Blob([bytes.slice()])
        emit('message', { data: typeof message === 'string' ? message : binary(message) })
      },
      close: (code = 1006, reason = '') => end(code, reason),
    })
    return socket as unknown as WebSocketLike
  }

  return { WebSocket: construct as unknown as WebSocketConstructor, dials }
}
