import type { Clock } from '../environment/environment'
import type { ServerLimits } from './limits'
import type { Outlet } from './outlet'

/** What a request came to: its frame, `r` or `n`, ready to be written. */
export interface Reply {
  readonly text: string
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

/** The requests of one session: each runs once, its reply goes to whoever asks for it, on any connection. */
export interface RequestLog {
  /** Joins a run or repeats its reply. False: this number has no record. */
  join(n: number, outlet: Outlet): boolean
  /** Begins a run, and says when the client has given up waiting, `deadline` ms from now; undefined if too many are under way. */
  begin(n: number, outlet: Outlet, deadline: number | undefined): AbortSignal | undefined
  finish(n: number, reply: Reply): void
  /** True if there may have been a record that was thrown away. */
  forgotten(n: number): boolean
  /** Runs and replies. */
  size(): number
  /** The connection is gone: nothing to write to it. */
  leave(outlet: Outlet): void
  /** Nobody waits any more. */
  close(): void
}

interface Running {
  readonly outlets: Set<Outlet>
  readonly controller: AbortController
  cancel(): void
}

interface Kept {
  readonly reply: Reply
  readonly at: number
  readonly size: number
}

/** Bounds of the replies one session is remembered for. */
const mostReplies = 1_024
const mostBytes = 1_000_000

export function createRequestLog(clock: Clock, limits: ServerLimits, windowMs: number): RequestLog {
  const running = new Map<number, Running>()
  const replies = new Map<number, Kept>()
  let bytes = 0
  let floor = 0

  function trim(): void {
    const oldest = clock.now() - windowMs
    for (const [n, { at, size }] of replies) {
      if (at >= oldest && replies.size <= mostReplies && bytes <= mostBytes) break
      if (at >= oldest) floor = Math.max(floor, n)
      replies.delete(n)
      bytes -= size
    }
  }

  function write(outlet: Outlet, { text, bytes: binary }: Reply): void {
    if (outlet.fits(text.length)) outlet.write(text, binary)
  }

  return {
    join(n, outlet) {
      const found = replies.get(n)
      if (found) write(outlet, found.reply)
      else running.get(n)?.outlets.add(outlet)
      return !!found || running.has(n)
    },
    begin(n, outlet, deadline) {
      if (running.size >= limits.unsettled) return undefined
      const controller = new AbortController()
      const cancel = deadline === undefined ? () => {} : clock.timer(deadline, () => controller.abort())
      running.set(n, { outlets: new Set([outlet]), controller, cancel })
      return controller.signal
    },
    finish(n, reply) {
      const run = running.get(n)
      run?.cancel()
      running.delete(n)
      const size = reply.text.length + (reply.bytes?.length ?? 0)
      replies.set(n, { reply, at: clock.now(), size })
      bytes += size
      trim()
      for (const outlet of run?.outlets ?? []) write(outlet, reply)
    },
    forgotten: (n) => n <= floor && !replies.has(n),
    size: () => running.size + replies.size,
    leave(outlet) {
      for (const { outlets } of running.values()) outlets.delete(outlet)
    },
    close() {
      for (const { cancel, controller } of running.values()) {
        cancel()
        controller.abort()
      }
    },
  }
}
