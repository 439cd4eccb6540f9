import type { Clock } from '../environment/environment'
import type { EventMeta, GapReason } from '../protocol/frames'
import type { Session } from '../session/session'
import type { SubscriptionHandlers } from '../session/subscriptions'
import { createEmitter, type Emitter } from '../shared/emitter'
import { EverwireError } from '../shared/errors'
import type { Part } from '../shared/runtime-contract'
import { createStream } from '../shared/stream'
import type { Accepted, ChannelState, EventInfo, GapInfo, PublishOptions, RequestOptions } from './types'

export interface ChannelOptions {
  clock: Clock
  session: Session
  /** Someone wants something of the server: connect, if that has not begun. Throws `closed`. */
  wanted(): void
  trace(type: 'channel' | 'gap', facts: object): void
  /** The contract's: the value to go on with. Throws `invalid`. */
  check(channel: string, part: Part, name: string, value: unknown): unknown
  /** A refusal nobody listens for. */
  unheard(error: EverwireError): void
}

type Listener = (data: unknown, info: EventInfo) => void

/** Leaves this long after the last listener, ms: a page that swaps components should not leave and join again. */
const linger = 1_000
/** Default timeout of a request, ms. */
const requestTimeout = 10_000

/** A named stream: listeners, how many there are, and the join that serves them. The types are put on in `client.ts`. */
export function createChannel(name: string, { clock, session, wanted, trace, check, unheard }: ChannelOptions) {
  const listeners = new Map<string, Emitter<[unknown, EventInfo]>>()
  const gaps = createEmitter<[GapInfo]>()
  const drops = createEmitter<[ChannelState & { status: 'denied' }]>()
  const watchers = createEmitter<[ChannelState]>()
  const streams = new Set<(cause?: EverwireError) => void>()
  let state: ChannelState = Object.freeze({ status: 'idle' })
  let rewind: number | undefined
  let heard = 0
  let unsubscribe: (() => void) | undefined
  let cancelLinger = () => {}

  function become(next: ChannelState): void {
    if (next.status === state.status && next.status !== 'denied') return
    state = Object.freeze(next)
    trace('channel', { channel: name, state })
    watchers.emit(state)
  }

  const handlers: SubscriptionHandlers = {
    event(event, data, offset, meta) {
      try {
        listeners.get(event)?.emit(check(name, 'event', event, data), infoOf(offset, meta))
      } catch (error) {
        unheard(error as EverwireError) // of the contract: emit throws nothing
      }
    },
    gap(reason: GapReason, missed) {
      trace('gap', { channel: name, reason, missed })
      gaps.emit({ reason, missed })
    },
    joining: () => become({ status: 'joining' }),
    joined: () => become({ status: 'joined' }),
    dropped(error) {
      const { code, message, retryMs } = error
      const retryAt = typeof retryMs === 'number' ? clock.wall() + retryMs : undefined
      const denied = { status: 'denied', code, message, ...(retryAt !== undefined && { retryAt }) } as const
      become(denied)
      if (drops.size > 0) drops.emit(denied)
      else unheard(error)
    },
  }

  function infoOf(offset: number, meta: EventMeta | undefined): EventInfo {
    // '<public id>:<number>', and the id is base64url
    const [from, id] = String(meta?.f ?? '').split(':')
    return id
      ? { offset, from, own: from === session.id, id: Number(id) }
      : { offset, from: undefined, own: false, id: undefined }
  }

  function join(): void {
    cancelLinger()
    wanted()
    if (unsubscribe) return
    become({ status: 'joining' })
    unsubscribe = session.subscribe(name, rewind ?? 0, handlers)
  }

  function leave(): void {
    cancelLinger()
    unsubscribe?.()
    unsubscribe = undefined
    for (const end of [...streams]) end()
    become({ status: 'idle' })
  }

  function on(event: string, listener: Listener): () => void {
    join()
    let emitter = listeners.get(event)
    if (!emitter) {
      emitter = createEmitter()
      listeners.set(event, emitter)
    }
    const off = emitter.on(listener)
    heard++
    let active = true
    return () => {
      if (!active) return
      active = false
      off()
      if (--heard > 0) return
      cancelLinger()
      cancelLinger = clock.timer(linger, leave)
    }
  }

  function publish(
    event: string,
    data: unknown,
    options: PublishOptions = {},
  ): boolean | (Promise<Accepted> & { id: number }) {
    const { signal, timeout, echo } = options
    if (options.volatile) {
      check(name, 'event', event, data)
      try {
        return session.volatile(name, event, data)
      } catch (cause) {
        throw new EverwireError('invalid', '', { outcome: 'rejected', cause })
      }
    }
    const { n, outcome } = send({ kind: 'p', channel: name, event, data, echo, timeout, signal })
    const promise = outcome.then((accepted) => ({ ...(accepted as { offset: number }), id: n }))
    promise.catch(() => {}) // one who ignores a publish is not punished with an unhandled rejection
    return Object.assign(promise, { id: n })
  }

  function request(method: string, input: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { signal, timeout = requestTimeout } = options
    const { outcome } = send({ kind: 'q', channel: name, event: method, data: input, timeout, signal })
    return outcome.then((output) => check(name, 'output', method, output))
  }

  function send(input: Parameters<Session['send']>[0]): { n: number; outcome: Promise<unknown> } {
    try {
      check(name, input.kind === 'p' ? 'event' : 'input', input.event, input.data)
      wanted()
      return session.send(input)
    } catch (error) {
      return { n: 0, outcome: Promise.reject(error) }
    }
  }

  return {
    name,
    on,
    publish,
    request,
    leave,
    onGap: gaps.on,
    onDrop: drops.on,
    watch: watchers.on,
    get state() {
      return state
    },
    events: (event: string, { signal }: { signal?: AbortSignal } = {}) =>
      createStream<{ data: unknown; info: EventInfo }>(signal, (push, end) => {
        const off = on(event, (data, info) => push({ data, info }))
        streams.add(end)
        return () => {
          streams.delete(end)
          off()
        }
      }),
    /** The options of `client.channel()`: they merge until the first join. */
    merge(more: number | undefined): void {
      if (more === undefined || more === rewind) return
      if (unsubscribe) {
        throw new EverwireError('invalid', `rewind of "${name}": it has joined`)
      }
      rewind = Math.max(rewind ?? 0, more)
    },
    /** The client closes: iterators end, nothing stays behind; listeners and what was joined stay for a later connect. */
    close(cause?: EverwireError): void {
      for (const end of [...streams]) end(cause)
      cancelLinger()
      if (heard === 0 && unsubscribe) leave()
    },
  }
}
