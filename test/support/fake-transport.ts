import type { CloseReason } from '../../src/protocol/close'
import { decode, encode, encodeText, type RawFrame } from '../../src/protocol/codec'
import type { Message, ServerFrame } from '../../src/protocol/frames'
import { guard } from '../../src/transports/guard'
import type { Transport } from '../../src/transports/transport'
import { createQueue } from './queue'

/** The other side of one dial. */
export interface FakeDial {
  readonly url: string
  /** What the client said, preambles included. */
  readonly sent: { message: Message }[]
  /** The same as frames. */
  readonly frames: RawFrame[]
  /** True once the client is done with it, or it was refused or dropped. */
  readonly over: boolean
  accept(): void
  refuse(reason?: CloseReason): void
  deliver(...frames: ServerFrame[]): void
  /** A message as it is, frames or not. */
  receive(message: Message): void
  drop(reason?: CloseReason): void
}

export interface FakeTransport extends Transport {
  readonly dials: ReturnType<typeof createQueue<FakeDial>>
}

const lost: CloseReason = { code: 1006, reason: '' }

/**
 * A transport in the hands of a test. As `websocket` it says its preamble once; as `polling` it asks for one with each `send`
 * and after each answer, which is whatever the test delivers.
 *
 * @example
 * const transport = createFakeTransport('websocket')
 * const dial = await transport.dials.next()
 * dial.accept()
 * dial.deliver(['w', welcome])
 */
export function createFakeTransport(name: Transport['name'], streams = name === 'websocket'): FakeTransport {
  const dials = createQueue<FakeDial>()
  return {
    name,
    streams,
    dials,
    open: (url, sink, preamble) =>
      guard(sink, (port) => {
        const sent: FakeDial['sent'] = []
        let over = false
        let opened = false

        function say(holdMs?: number): void {
          for (const message of preamble(holdMs)) sent.push({ message })
        }
        const dial: FakeDial = {
          url,
          sent,
          get frames() {
            return sent.flatMap(({ message }) => decode(message))
          },
          get over() {
            return over
          },
          accept() {
            if (opened || !port.alive) return
            opened = true
            if (streams) say()
          },
          refuse: (reason = lost) => port.closed(reason),
          deliver(...frames) {
            if (!streams) {
              port.receive(frames.map(encodeText).join('\n'))
              if (opened && port.alive) say(25_000)
              return
            }
            for (const frame of frames) port.receive(encode(frame))
          },
          receive: port.receive,
          drop: (reason = lost) => port.closed(reason),
        }
        return {
          start() {
            if (!streams) say(0) // the quick hello
            dials.push(dial)
          },
          write(message) {
            if (!opened) return
            if (!streams) say(25_000)
            if (message) sent.push({ message })
          },
          release() {
            over = true
          },
        }
      }),
  }
}
