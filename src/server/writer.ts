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

/**
 * @param resume called when there is room for events again
 * @param slow called when the client does not read what it must read
 */
export function createWriter(context: ServerContext, socket: HostSocket, resume: () => void, slow: () => void): Writer {
  const { limits, counters, later, joined } = context
  const share = Math.min(65_536, limits.bufferedBytes)
  let waiting: Message[] = []
  let bytes = 0
  let acks = ''
  let scheduled = false
  let blocked = false
  /** What the network had not taken when that was last looked at. It grows only by what is sent here. */
  let unsent = 0

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    later(flush)
  }

  function isFull(): boolean {
    blocked ||= bytes + unsent > limits.bufferedBytes
    return blocked
  }

  function flush(): void {
    scheduled = false
    if (acks) waiting.push(`["k"${acks}]`)
    const messages = waiting
    waiting = []
    bytes = 0
    acks = ''
    if (messages.length > 0) for (const message of joined(messages)) send(message)
    drained()
  }

  function send(message: Message): void {
    counters.bytesOut += message.length
    socket.send(message)
  }

  /** What cannot wait in a history is lost with the connection: the client asks for it again on the next one. */
  function overflow(): void {
    waiting = []
    bytes = 0
    acks = ''
    slow()
  }

  function drained(): void {
    unsent = socket.buffered()
    const buffered = bytes + unsent
    if (buffered > limits.bufferedBytesHard) return overflow()
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
      if (bytes + unsent > limits.bufferedBytesHard) return overflow()
      schedule()
    },
    ack(n, offset) {
      acks += `,${n},${offset}`
      schedule()
    },
    fits: () => true,
    full: isFull,
    share,
    flush,
    drained,
  }
}
