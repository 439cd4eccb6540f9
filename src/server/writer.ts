import type { Message } from '../protocol/frames'
import type { ServerContext } from './context'
import type { HostSocket } from './hosts'
import type { Outlet } from './outlet'

/** What leaves over a WebSocket: frames of one turn are joined into few messages. */
export interface Writer extends Outlet {
  flush(): void
  /** The network has taken what was buffered. */
  drained(): void
}

/** Frames are joined up to about this many characters per message. */
const messageChars = 65_536

/**
 * @param resume called when there is room for events again
 * @param slow called when the client does not read what it must read
 */
export function createWriter(context: ServerContext, socket: HostSocket, resume: () => void, slow: () => void): Writer {
  const { limits, counters, later } = context
  const share = Math.min(65_536, limits.bufferedBytes)
  let waiting: Message[] = []
  let bytes = 0
  let acks = ''
  let scheduled = false
  let blocked = false

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    later(flush)
  }

  function isFull(): boolean {
    blocked ||= bytes + socket.buffered() > limits.bufferedBytes
    return blocked
  }

  function flush(): void {
    scheduled = false
    const messages = waiting
    if (acks) messages.push(`["k"${acks}]`)
    let text = ''
    waiting = []
    bytes = 0
    acks = ''
    for (const message of messages) {
      if (typeof message === 'string' && text.length + message.length <= messageChars) {
        text = text ? `${text}\n${message}` : message
      } else {
        if (text) send(text)
        text = ''
        if (typeof message === 'string') text = message
        else send(message)
      }
    }
    if (text) send(text)
    drained()
  }

  function send(message: Message): void {
    counters.bytesOut += message.length
    socket.send(message)
  }

  function drained(): void {
    const buffered = bytes + socket.buffered()
    if (buffered > limits.bufferedBytesHard) return slow()
    // half empty, lest it stop and go with each event
    if (!blocked || buffered > limits.bufferedBytes / 2) return
    blocked = false
    resume()
  }

  return {
    write(text, binary, patient) {
      const message = binary ?? text
      waiting.push(message)
      bytes += message.length
      if (patient) counters.delivered++
      schedule()
    },
    ack(n, offset) {
      acks += `,${n},${offset}`
      schedule()
    },
    get full() {
      return isFull()
    },
    share,
    flush,
    drained,
  }
}
