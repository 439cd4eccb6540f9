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
  return new Promise((resolve, reject) => {
    let phase: 'opening' | 'open' | 'over' = 'opening'
    const releases: (() => void)[] = []
    /** What comes before the one who awaits `open` has its link: a server that speaks first may do so in the packet that opens. */
    let early: (() => void)[] | undefined = []

    const deliver = (run: () => void) => (early ? early.push(run) : run())

    function end(): void {
      phase = 'over'
      signal.removeEventListener('abort', stop)
      for (const run of releases.splice(0)) run()
    }

    function closed(reason: CloseReason): void {
      const before = phase
      if (before === 'over') return
      end()
      if (before === 'opening') reject(reason)
      else deliver(() => sink.closed(reason))
    }

    /** The owner ends it: nothing is delivered any more. */
    function stop(): void {
      early = []
      end()
      reject({ code: closeCodes.transient, reason: 'aborted' }) // for one that opens
    }

    signal.addEventListener('abort', stop)
    if (signal.aborted) return stop()
    begin({
      alive: () => phase !== 'over',
      release: (run) => (phase === 'over' ? run() : void releases.push(run)),
      opened(write) {
        if (phase !== 'opening') return
        phase = 'open'
        resolve({ send: (message, lane) => phase === 'open' && write(message, lane), close: stop })
        queueMicrotask(() => {
          while (early?.length) early.shift()?.()
          early = undefined
        })
      },
      receive: (message) => phase === 'open' && deliver(() => sink.receive(message)),
      closed,
    })
  })
}
