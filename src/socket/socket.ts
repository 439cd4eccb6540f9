import { backoff } from '../connection/backoff'
import type { SocketEnvironment } from '../environment/environment'
import { EverwireError } from '../shared/errors'
import { createStream } from '../shared/stream'
import type { ReconnectingWebSocketConstructor } from './api'
import { checkClose, checkProtocols, socketUrl } from './arguments'
import { createPulse, type Pulse } from './heartbeat'
import type { CloseInfo, PerAttempt, ReconnectingWebSocketOptions } from './options'
import { broken, closeEvent, errorEvent, finalCodes, type PhysicalEvent, type PhysicalSocket } from './physical'
import { createSendQueue, type SendQueue, sendable, sizeOf } from './queue'

/** `navigator.onLine` lies: an offline socket looks for itself this often, ms. */
const offlineRecheck = 20_000
/** A goodbye that is not answered within this time, ms, is no longer waited for. */
const goodbye = 3_000

const ask = async <T>(value: PerAttempt<T>): Promise<T> =>
  typeof value === 'function' ? (value as () => T | PromiseLike<T>)() : value

/**
 * The `ReconnectingWebSocket` of a platform, which may depend on the options of each. One connection at a time; everything about it
 * ends in `#end`, and only there.
 */
export function socketFor(
  environmentFor: (options: ReconnectingWebSocketOptions) => SocketEnvironment,
): ReconnectingWebSocketConstructor {
  class ReconnectingWebSocket extends EventTarget {
    onopen = null
    onmessage = null
    onerror = null
    onclose = null
    readonly #address: PerAttempt<string | URL>
    readonly #protocols: PerAttempt<string | string[]>
    readonly #options: ReconnectingWebSocketOptions
    readonly #environment: SocketEnvironment
    readonly #queue: SendQueue
    /** As the platform counts: 0 dialling or waiting to, 1 open, 2 closing, 3 closed. */
    #readyState = 0
    #url: string
    #binaryType = 'blob'
    #attempt = 0
    /** Counts what is begun: what an earlier attempt brings is late. */
    #turn = 0
    /** Being dialled, open, or saying goodbye. */
    #socket: PhysicalSocket | undefined
    #pulse: Pulse | undefined
    /** Ends the wait there is: for a dial, for the next one, or for a goodbye. */
    #cancel = () => {}
    #unwatch: (() => void) | undefined
    /** Bytes given to `send` when it was too late: the platform counts them, too. */
    #wasted = 0
    #openedAt = 0
    #healthyAt = Number.NEGATIVE_INFINITY

    constructor(
      address: PerAttempt<string | URL>,
      protocols: PerAttempt<string | string[]> = [],
      options: ReconnectingWebSocketOptions = {},
    ) {
      super()
      this.#address = address
      this.#protocols = protocols
      this.#options = options
      this.#environment = environmentFor(options)
      this.#queue = createSendQueue(options.queue)
      const known = typeof address === 'string' || address instanceof URL
      this.#url = known ? socketUrl(address, this.#environment.base()) : ''
      if (typeof protocols === 'string' || Array.isArray(protocols)) checkProtocols(protocols)
      for (const name of ['onopen', 'onmessage', 'onerror', 'onclose'] as const) {
        this.addEventListener(name.slice(2), (event) => {
          const handler: unknown = this[name]
          if (typeof handler === 'function') handler.call(this, event)
        })
      }
      void this.#dial()
    }

    async #dial(): Promise<void> {
      const { connectTimeout = 10_000, WebSocket } = this.#options
      this.#drop()
      this.#readyState = 0
      const turn = ++this.#turn
      this.#cancel = this.#environment.timer(connectTimeout, () => this.#fail('handshake'))
      this.#unwatch ??= this.#environment.watch((hint) => {
        if (hint === 'gone') return
        if (this.#readyState === 1) this.#pulse?.probe()
        else if (hint !== 'down') void this.#dial()
      })
      try {
        const address = await ask(this.#address)
        const protocols = await ask(this.#protocols)
        const Physical = WebSocket ?? (await this.#environment.webSocket())
        if (turn !== this.#turn) return
        if (!Physical) throw new EverwireError('no_websocket')
        this.#url = socketUrl(address, this.#environment.base())
        this.#attach(new Physical(this.#url, protocols) as unknown as PhysicalSocket)
      } catch (cause) {
        if (turn === this.#turn) this.#end(broken, cause)
      }
    }

    #attach(socket: PhysicalSocket): void {
      let failure: unknown
      const on = (type: string, run: (event: PhysicalEvent) => void) =>
        socket.addEventListener(type, (event) => socket === this.#socket && run(event))
      this.#socket = socket
      socket.binaryType = this.#binaryType
      on('open', () => this.#readyState === 0 && this.#open(socket))
      on('message', ({ data, origin = '' }) => {
        if (this.#readyState !== 1 || this.#pulse?.heard(data)) return
        this.dispatchEvent(new MessageEvent('message', { data, origin }))
      })
      on('error', ({ error }) => {
        failure = error ?? new EverwireError('lost')
      })
      on('close', ({ code, reason, wasClean }) => {
        // a connection that ends without a close frame is 0 in Deno, 1006 by the standard
        this.#end({ code: code || broken.code, reason: String(reason), wasClean }, failure)
      })
    }

    #open(socket: PhysicalSocket): void {
      const { heartbeat } = this.#options
      this.#cancel()
      this.#readyState = 1
      this.#openedAt = this.#environment.now()
      this.#pulse =
        heartbeat &&
        createPulse(
          this.#environment,
          heartbeat,
          (data) => socket.send(data),
          () => this.#fail('no_pong'),
        )
      // what its listeners send, a login say, goes before what has waited
      this.dispatchEvent(new Event('open'))
      while (this.#isOpen) {
        const data = this.#queue.take()
        if (data === undefined) return
        this.#socket?.send(data)
      }
    }

    get #isOpen(): boolean {
      return this.#readyState === 1 && this.#socket?.readyState === 1
    }

    /** Lets go of what is dialled or open, without a word. */
    #drop(code?: number, reason?: string): void {
      const socket = this.#socket
      this.#socket = undefined
      this.#cancel()
      this.#pulse?.stop()
      this.#pulse = undefined
      socket?.close(code, reason)
    }

    #fail(code: string): void {
      this.#end(broken, new EverwireError(code))
    }

    /** A connection or an attempt is over. `again`: dial again, whatever the rules say. */
    #end(how: CloseInfo, error?: unknown, again?: boolean): void {
      const { minUptime = 5_000, retry } = this.#options
      this.#drop()
      const now = this.#environment.now()
      const healthy = this.#readyState === 1 && now - this.#openedAt >= minUptime
      if (healthy) this.#healthyAt = now
      this.#attempt = healthy ? 0 : this.#attempt + 1
      const decision = this.#readyState < 2 && (again ?? retry?.(how, this.#attempt) ?? !finalCodes.includes(how.code))
      if (decision === false) this.#stop(3)
      else {
        this.#readyState = 0
        const delay = typeof decision === 'number' ? decision : this.#delay(now)
        this.#cancel = this.#environment.timer(
          this.#environment.online() ? delay : offlineRecheck,
          () => void this.#dial(),
        )
      }
      // the state is the new one already, as on the platform: who listens may send, close or reconnect
      if (error) this.dispatchEvent(errorEvent(error))
      this.dispatchEvent(closeEvent(how))
    }

    #delay(now: number): number {
      return backoff(this.#environment, Math.max(0, this.#attempt - 1), now - this.#healthyAt, 0, this.#options.backoff)
    }

    /** Nothing is dialled or sent any more. */
    #stop(readyState: 2 | 3): void {
      this.#readyState = readyState
      this.#turn++
      this.#cancel()
      this.#pulse?.stop()
      this.#unwatch?.()
      this.#unwatch = undefined
      this.#wasted += this.#queue.bytes
      while (this.#queue.take() !== undefined);
    }

    get url() {
      return this.#url
    }
    get readyState() {
      return this.#readyState
    }
    get attempt() {
      return this.#attempt
    }
    get bufferedAmount() {
      return this.#queue.bytes + this.#wasted + (this.#socket?.bufferedAmount ?? 0)
    }
    get protocol() {
      return this.#socket?.protocol ?? ''
    }
    get extensions() {
      return this.#socket?.extensions ?? ''
    }
    get binaryType() {
      return this.#binaryType
    }
    set binaryType(type) {
      if (type !== 'blob' && type !== 'arraybuffer') return
      this.#binaryType = type
      if (this.#socket) this.#socket.binaryType = type
    }

    send(input: unknown): void {
      const data = sendable(input)
      if (this.#readyState > 1) this.#wasted += sizeOf(data)
      else if (this.#isOpen) this.#socket?.send(data)
      else this.#queue.add(data)
    }

    close(code?: number, reason?: string): void {
      checkClose(code, reason)
      if (this.#readyState > 1) return
      this.#stop(2)
      const turn = this.#turn
      const finish = () => turn === this.#turn && this.#fail('closed')
      if (!this.#socket) return queueMicrotask(finish)
      this.#cancel = this.#environment.timer(goodbye, finish)
      this.#socket.close(code, reason)
    }

    reconnect(code = 1000, reason = ''): void {
      checkClose(code, reason)
      if (this.#socket?.readyState) {
        this.#drop(code, reason)
        this.#end({ code, reason, wasClean: true }, undefined, true)
      }
      void this.#dial()
    }

    messages({ signal }: { signal?: AbortSignal } = {}): AsyncIterableIterator<unknown> {
      return createStream((push, end) => {
        const message = (event: Event) => push((event as MessageEvent).data)
        const close = () => this.#readyState === 3 && end()
        const abort = () => end()
        this.addEventListener('message', message)
        this.addEventListener('close', close)
        close()
        signal?.addEventListener('abort', abort)
        if (signal?.aborted) end()
        return () => {
          this.removeEventListener('message', message)
          this.removeEventListener('close', close)
          signal?.removeEventListener('abort', abort)
        }
      })
    }

    static {
      const { prototype } = ReconnectingWebSocket
      const define = (target: object, name: PropertyKey, value: unknown) =>
        Object.defineProperty(target, name, { value, enumerable: true })
      for (const [value, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
        define(ReconnectingWebSocket, name, value)
        define(prototype, name, value)
      }
      define(prototype, Symbol.toStringTag, 'WebSocket')
      // a platform without the symbol has no `using` either
      if (Symbol.dispose) define(prototype, Symbol.dispose, prototype.close)
    }
  }
  return ReconnectingWebSocket as unknown as ReconnectingWebSocketConstructor
}
