import { type CloseReason, closeCodes } from '../protocol/close'
import type { Message } from '../protocol/frames'
import type { Lane, Link, Sink } from './transport'

/** What a transport reports while it opens and runs; late and repeated reports change nothing. */
export interface Ports {
  /** Bytes can flow: `write` takes them from now on. */
  opened(write: (message: Message, lane: Lane) => void): void
  receive(message: Message): void
  closed(reason: CloseReason): void
  /** False once it was closed or aborted: what was awaited meanwhile is no longer wanted. */
  alive(): boolean
  /** Runs once at the end, whatever the end is; at once if it is over already. */
  release(run: () => void): void
}

/** Keeps the laws of `transport.ts` for every transport, so that nobody filters stale callbacks. */
export function guard(sink: Sink, signal: AbortSignal, begin: (ports: Ports) => void): Promise<Link> {
  let phase: 'opening' | 'open' | 'over' = 'opening'
  let heard = false // the one who awaits has its link
  const early: (() => void)[] = []
  const releases: (() => void)[] = []
  let resolve!: (link: Link) => void
  let reject!: (reason: CloseReason) => void
  const promise = new Promise<Link>((yes, no) => {
    resolve = yes
    reject = no
  })

  const deliver = (run: () => void) => (heard ? run() : early.push(run))
  const abort = () => {
    const opening = phase === 'opening'
    end()
    if (opening) reject({ code: closeCodes.transient, reason: 'aborted' })
  }
  function end(): void {
    phase = 'over'
    signal.removeEventListener('abort', abort)
    for (const run of releases.splice(0)) run()
  }

  const ports: Ports = {
    alive: () => phase !== 'over',
    release: (run) => (phase === 'over' ? run() : void releases.push(run)),
    opened(write) {
      if (phase !== 'opening') return
      phase = 'open'
      resolve({
        send: (message, lane) => phase === 'open' && write(message, lane),
        close: () => phase === 'open' && end(),
      })
      // two turns: the first is that of whoever awaits the link
      void promise
        .then(() => {})
        .then(() => {
          heard = true
          for (const run of early.splice(0)) run()
        })
    },
    receive: (message) => phase === 'open' && deliver(() => phase === 'open' && sink.receive(message)),
    closed(reason) {
      if (phase === 'opening') {
        end()
        return reject(reason)
      }
      if (phase === 'open') deliver(() => phase === 'open' && (end(), sink.closed(reason)))
    },
  }

  if (signal.aborted) abort()
  else {
    signal.addEventListener('abort', abort)
    begin(ports)
  }
  return promise
}
