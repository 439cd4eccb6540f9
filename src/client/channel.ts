import type { Clock } from '../environment/environment'
import type { EventMeta } from '../protocol/frames'
import type { Session } from '../session/session'
import { deadline } from '../shared/deadline'
import { createEmitter, type Emitter } from '../shared/emitter'
import { EverwireError } from '../shared/errors'
import type { Part, RuntimeContract } from '../shared/runtime-contract'
import { createStream } from '../shared/stream'
import { createStore } from './store'
import type { Accepted, ChannelState, Denied, EventInfo, GapInfo, PublishOptions, RequestOptions } from './types'

type Listener = (data: unknown, info: EventInfo) => void

/** Leaves this long after the last listener, ms: a page that swaps components should not leave and join again. */
const linger = 1_000
/** Default timeout of a request, ms. */
const requestTimeout = 10_000

/**
 * A named stream: listeners, how many there are, and the join that serves them. The types are put on in `client.ts`.
 *
 * @param connect someone wants something of the server: connects, if that has not begun; throws `closed`
 * @param unheard takes a refusal nobody listens for
 */
export function createChannel(
  name: string,
  clock: Clock,
  session: Session,
  contract: RuntimeContract<unknown> | undefined,
  connect: () => void,
  unheard: (error: EverwireError) => void,
) {
  const listeners = new Map<string, Emitter<Parameters<Listener>>>()
  const gaps = createEmitter<[GapInfo]>()
  const drops = createEmitter<[Denied]>()
  const ends = createEmitter<[cause?: EverwireError]>()
  const [store, set] = createStore<ChannelState>({ status: 'idle' })
  let rewind = 0
  let heard = 0
  let unsubscribe: (() => void) | undefined
  let cancelLinger = () => {}

  function join(): void {
    cancelLinger()
    connect()
    if (unsubscribe) return
    set({ status: 'joining' })
    unsubscribe = session.subscribe(name, rewind, {
      event(event, data, offset, meta) {
        try {
          listeners.get(event)?.emit(check('event', event, data), infoOf(offset, meta, session.id))
        } catch (error) {
          unheard(error as EverwireError) // of the contract: emit throws nothing
        }
      },
      gap: gaps.emit,
      joining: () => set({ status: 'joining' }),
      joined() {
        if (store.state.status !== 'joined') set({ status: 'joined' })
      },
      dropped(error) {
        const denied: Denied = {
          status: 'denied',
          code: error.code,
          message: error.message,
          retryAt: typeof error.retryMs === 'number' ? clock.wall() + error.retryMs : undefined,
        }
        set(denied)
        if (!drops.emit(denied)) unheard(error)
      },
    })
  }

  function leave(): void {
    ends.emit()
    cancelLinger()
    if (!unsubscribe) return
    unsubscribe()
    unsubscribe = undefined
    set({ status: 'idle' })
  }

  function on(event: string, listener: Listener): () => void {
    join()
    const emitter = listeners.get(event) ?? createEmitter()
    listeners.set(event, emitter)
    const off = emitter.on(listener)
    heard++
    return () => {
      if (off() && --heard === 0) cancelLinger = clock.timer(linger, leave)
    }
  }

  function publish(
    event: string,
    data: unknown,
    options: PublishOptions = {},
  ): boolean | (Promise<Accepted> & { id: number }) {
    if (options.volatile) {
      check('event', event, data)
      return session.volatile(name, event, data)
    }
    return send('event', event, data, options) as Promise<Accepted> & { id: number }
  }

  function request(method: string, input: unknown, options: RequestOptions = {}): Promise<unknown> {
    return send('input', method, input, { ...options, timeout: options.timeout ?? requestTimeout }).then((output) =>
      check('output', method, output),
    )
  }

  function send(
    part: 'event' | 'input',
    event: string,
    data: unknown,
    options: PublishOptions,
  ): ReturnType<Session['send']> {
    let sent: ReturnType<Session['send']>
    try {
      check(part, event, data)
      connect()
      sent = session.send({ ...options, kind: part === 'event' ? 'p' : 'q', channel: name, event, data })
    } catch (error) {
      sent = Object.assign(Promise.reject(error), { id: 0 })
    }
    sent.catch(() => {}) // one who ignores a publish is not punished with an unhandled rejection
    return sent
  }

  /** The value as the contract gives it back. Throws `invalid`. */
  const check = (part: Part, event: string, value: unknown) =>
    contract ? contract.check(name, part, event, value) : value

  return Object.assign(store, {
    name,
    on,
    publish,
    request,
    leave,
    onGap: gaps.on,
    onDrop: drops.on,
    events: (event: string, { signal }: { signal?: AbortSignal } = {}) =>
      createStream<{ data: unknown; info: EventInfo }>((push, end) => {
        const offs = [
          on(event, (data, info) => push({ data, info })),
          ends.on(end),
          deadline(clock, { signal }, () => end()),
        ]
        return () => {
          for (const off of offs) off()
        }
      }),
    /** The options of `client.channel()`: they merge until the first join. */
    rewind(more = rewind): void {
      if (more === rewind) return
      if (unsubscribe) throw new EverwireError('invalid', `"${name}" has joined`)
      rewind = Math.max(rewind, more)
    },
    /** The client closes: iterators end, nothing stays behind; listeners and what was joined stay for a later connect. */
    close(cause?: EverwireError): void {
      ends.emit(cause)
      if (heard === 0) leave()
    },
  })
}

function infoOf(offset: number, meta: EventMeta | undefined, ownId: string | undefined): EventInfo {
  // '<public id>:<number>', and the id is base64url
  const [, from, id] = /(.+):(.+)/.exec(meta?.f ?? '') ?? []
  return { offset, from, own: from === ownId, id: Number(id) || undefined }
}
