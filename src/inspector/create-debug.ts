import type { Channel, Client } from '../client/api'
import type { Debug, DebugEvent } from '../client/types'
import { decode, type RawFrame } from '../protocol/codec'
import type { Message } from '../protocol/frames'
import { createEmitter } from '../shared/emitter'
import type { Transport } from '../transports/transport'

type Facts<T extends DebugEvent['type']> = Omit<Extract<DebugEvent, { type: T }>, 'at' | 'type'>

/** The debug stream of one client. */
export interface DebugStream extends Debug {
  /** Calls back on everything that happens inside; returns its end. The same as `client.debug`. */
  on(listener: (event: DebugEvent) => void): () => void
}

/**
 * Makes the debug stream, which `createClient` takes. It stands between the client and its transports: a client without it carries
 * nothing of it.
 *
 * @example
 * const debug = createDebug()
 * debug.on((event) => console.log(formatDebug(event)))
 * const client = createClient({ url, debug })
 *
 * @param now monotonic ms; default `performance.now`
 */
export function createDebug(now: () => number = () => performance.now()): DebugStream {
  const events = createEmitter<[DebugEvent]>()
  let listeners = 0

  function on(listener: (event: DebugEvent) => void): () => void {
    const off = events.on(listener)
    listeners++
    return () => {
      if (off()) listeners--
    }
  }

  function tell<T extends DebugEvent['type']>(type: T, facts: Facts<T>): void {
    if (listeners > 0) events.emit({ at: now(), type, ...facts } as unknown as DebugEvent)
  }

  function wrapTransport(transport: Transport): Transport {
    const { name } = transport
    return {
      ...transport,
      open(url, sink, preamble) {
        let opened = false
        let over = false
        /** What the server said before it ended the link. */
        let bye: { code: number; reason: string } | undefined

        /** Decodes nothing while nobody listens. */
        function frames(type: 'send' | 'receive', message: Message): void {
          // a welcome comes before anything else
          const opens = !opened && type === 'receive' && typeof message === 'string' && message.startsWith('["w"')
          opened ||= opens
          if (listeners === 0) return
          for (const frame of readable(message)) {
            tell(type, { transport: name, frame: redacted(frame) })
            if (opens && frame[0] === 'w') tell('open', { transport: name })
            if (frame[0] === 'b') bye = { code: Number(frame[1]), reason: String(frame[2]) }
          }
        }
        function ended(reason: { code: number; reason: string } | undefined): void {
          if (over) return
          over = true
          if (reason) tell(opened ? 'lost' : 'fail', { transport: name, code: reason.code, reason: reason.reason })
        }

        tell('dial', { transport: name })
        const link = transport.open(
          url,
          {
            receive(message) {
              frames('receive', message)
              sink.receive(message)
            },
            closed(reason) {
              ended(reason)
              sink.closed(reason)
            },
          },
          (holdMs) => {
            const messages = preamble(holdMs)
            for (const message of messages) frames('send', message)
            return messages
          },
        )
        return {
          send(message) {
            frames('send', message)
            link.send(message)
          },
          close() {
            ended(bye)
            link.close()
          },
        }
      },
    }
  }

  function watchChannel(channel: Channel): Channel {
    const { name } = channel
    channel.watch((state) => tell('channel', { channel: name, state }))
    channel.onGap((gap) => tell('gap', { channel: name, ...gap }))
    return channel
  }

  function watchClient(client: Client): Client {
    let before = ''
    client.watch((state) => {
      const { status, transport, attempt } = state
      const now = `${status} ${transport} ${attempt}`
      if (now !== before) tell('state', { state })
      before = now
    })
    return Object.assign(client, { debug: on })
  }

  return {
    on,
    wrap: (<T extends Transport | Channel | Client>(part: T) => {
      if ('open' in part) return wrapTransport(part)
      return 'publish' in part ? watchChannel(part) : watchClient(part as Client)
    }) as Debug['wrap'],
  }
}

/** What is no frame ends the link, which is told; it is nothing to show. */
function readable(message: Message): RawFrame[] {
  try {
    return decode(message)
  } catch {
    return []
  }
}

/** A frame without what is nobody's business: the secret, the token and the ticket. */
function redacted(frame: RawFrame): readonly unknown[] {
  const [op, info] = frame
  if (op === 'a') return [op]
  return op === 'h' || op === 'w' ? [op, { ...(info as object), s: undefined, t: undefined, k: undefined }] : frame
}
