import { type CloseReason, closeCodes } from '../protocol/close'
import type { Message } from '../protocol/frames'
import type { Lane, Link, Sink } from './transport'

/** What a transport reports while it opens and runs; late and repeated reports change nothing. */
export interface Ports {
  /** Bytes can flow: `write` takes them from now on. Nothing may be received in the same turn. */
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
  return new Promise((resolve, reject) => {
    let phase: 'opening' | 'open' | 'over' = 'opening'
    let releases: (() => void)[] = []

    /** Returns the phase that ended. */
    function end(): typeof phase {
      const before = phase
      phase = 'over'
      signal.removeEventListener('abort', abort)
      for (const run of releases) run()
      releases = []
      return before
    }
    const abort = () => closed({ code: closeCodes.transient, reason: 'aborted' }, true)

    function closed(reason: CloseReason, silently?: boolean): void {
      if (phase === 'over') return
      if (end() === 'opening') reject(reason)
      else if (!silently) sink.closed(reason)
    }

    signal.addEventListener('abort', abort)
    if (signal.aborted) return abort()
    begin({
      alive: () => phase !== 'over',
      release: (run) => (phase === 'over' ? run() : void releases.push(run)),
      opened(write) {
        if (phase !== 'opening') return
        phase = 'open'
        resolve({
          send: (message, lane) => phase === 'open' && write(message, lane),
          close: () => void end(),
        })
      },
      receive: (message) => phase === 'open' && sink.receive(message),
      closed,
    })
  })
}
