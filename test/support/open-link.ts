import type { CloseReason } from '../../src/protocol/close'
import type { Message } from '../../src/protocol/frames'
import type { Link, Preamble, Transport } from '../../src/transports/transport'

/** A link with all that its owner hears. */
export function openLink(transport: Transport, url: string, preamble: Preamble = () => []) {
  const received: Message[] = []
  const closed: CloseReason[] = []
  let settle: (link: Link) => void = () => {}
  let fail: (reason: CloseReason) => void = () => {}
  const opening = new Promise<Link>((resolve, reject) => {
    settle = resolve
    fail = reject
  })
  opening.catch(() => {})
  const sink = {
    receive(message: Message) {
      received.push(message)
      settle(link)
    },
    closed(reason: CloseReason) {
      closed.push(reason)
      fail(reason)
    },
  }
  const link = transport.open(url, sink, (holdMs) => {
    if (holdMs === undefined) settle(link)
    return preamble(holdMs)
  })
  return {
    link,
    received,
    closed,
    /** Resolves once bytes can flow: a stream has said its preamble, the first exchange was answered. Rejects if that was never so. */
    opening,
  }
}
