import type { Link, Sink } from './transport'

/** A transport's own part of a link. Late and repeated reports to its sink change nothing. */
export interface Driver {
  /** Runs once, after `open` has returned. What it throws ends the link. */
  start(): unknown
  write: Link['send']
  /** Lets go of everything; called once. */
  release(): void
}

/** A sink for a driver. */
export interface Port extends Sink {
  /** False once the link is over: what was awaited meanwhile is no longer wanted. */
  readonly alive: boolean
}

/** Keeps the laws of `transport.ts` for every transport, so that nobody filters stale callbacks. */
export function guard(sink: Sink, drive: (port: Port) => Driver): Link {
  let alive = true

  function close(): void {
    if (!alive) return
    alive = false
    driver.release()
  }

  const port: Port = {
    get alive() {
      return alive
    },
    receive: (message) => alive && sink.receive(message),
    closed(reason) {
      if (!alive) return
      close()
      sink.closed(reason)
    },
  }
  const driver = drive(port)
  Promise.resolve()
    .then(() => alive && driver.start())
    .catch((cause) => port.closed({ code: 1006, reason: String(cause) }))
  return { send: (message) => alive && driver.write(message), close }
}
