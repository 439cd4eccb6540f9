import type { Debug } from '../client/types'
import type { Cursor, Message } from '../protocol/frames'
import type { Sink, Transport } from '../transports/transport'

/** Where a listener stands in its channel: what `at` shows and `--since` takes. */
export interface Place {
  /** For `createClient`. */
  readonly debug: Debug
  /** An event was delivered. Returns from where to go on after it; one that is volatile has no place, and moves nothing. */
  at(offset: number): string
  /** The client has just reported a gap. Returns from where to go on after it. */
  jumped(): string
}

/**
 * The client keeps its cursors to itself, and a page should not pay for what only a command needs; so this stands between the client
 * and its transports. What it does to begin at `since`: the client's first question, which knows no cursor, goes out with this one,
 * and the client is told at once that it has joined there. From then on it is the client's own cursor, and what the server says to
 * it, a replay or a gap, on this link or another, is the client's to judge, by the same rules as after any reconnect. The question
 * alone would do while there is a history: the answer then begins with the cursor that was asked for.
 */
export function createPlace(channel: string, since?: Cursor): Place {
  let reached = since
  /** The place in the frame that the client is hearing. */
  let named: Cursor | undefined
  const line = (...frame: unknown[]) => JSON.stringify(frame)
  const fresh = line('s', channel, null)

  function hear(text: string, sink: Sink): void {
    const [op, status, place] = placeIn(text, channel)
    named = place
    reached ??= place // the client begins where the first answer says
    sink.receive(text)
    // a channel without history says only where it is; that this is before what was seen, the client would take for a late answer
    if (op === 's' && status === 3 && since && place?.[0] === since[0] && place[1] < since[1])
      sink.receive(line('g', channel, place, 'ahead', null, since))
  }

  function resume(messages: Message[], sink: Sink): Message[] {
    const lines = messages.map((message) => (typeof message === 'string' ? message.split('\n') : message))
    if (!since || !lines.some((some) => Array.isArray(some) && some.includes(fresh))) return messages
    sink.receive(line('s', channel, 0, since))
    const resuming = line('s', channel, since)
    return lines.map((some) =>
      Array.isArray(some) ? some.map((one) => (one === fresh ? resuming : one)).join('\n') : some,
    )
  }

  function wrapTransport(transport: Transport): Transport {
    return {
      ...transport,
      open(url, sink, preamble) {
        let over = false
        const receive = (message: Message) => {
          if (typeof message !== 'string') return sink.receive(message)
          // frame by frame, so that it is known which one the client has a gap from
          for (const text of message.split('\n')) if (!over) hear(text, sink)
        }
        const link = transport.open(url, { ...sink, receive }, (holdMs) => resume(preamble(holdMs), sink))
        return {
          send: link.send,
          close() {
            over = true
            link.close()
          },
        }
      },
    }
  }

  const shown = () => (reached ? reached.join(':') : '')

  return {
    debug: {
      wrap: (<T extends Transport | object>(part: T) =>
        'open' in part ? wrapTransport(part as Transport) : part) as Debug['wrap'],
    },
    at(offset) {
      if (reached && offset > 0) reached = [reached[0], offset]
      return shown()
    },
    jumped() {
      reached = named ?? reached
      return shown()
    },
  }
}

/** What a frame says about the place in the channel, if it does. What makes no sense is the client's to refuse. */
function placeIn(text: string, channel: string): [op?: string, status?: unknown, place?: Cursor] {
  if (!/^\["[sg]"/.test(text)) return []
  try {
    const [op, name, ...rest] = JSON.parse(text)
    const [epoch, offset] = op === 's' ? rest[1] : rest[0]
    return name === channel && Number.isSafeInteger(offset) ? [op, rest[0], [String(epoch), offset]] : []
  } catch {
    return []
  }
}
