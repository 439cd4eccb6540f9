import type { RawFrame } from '../protocol/codec'
import type { SendOptions } from '../protocol/frames'
import { type Batch, frameOf } from './batch'
import type { SessionContext } from './context'
import type { Send } from './outbox'
import { integer, refusalOf, retryOf } from './read'

/** Publishes and requests, on one link. */
export interface Sends {
  /**
   * Carries what is unsettled, in order, as far as it fits: over a stream what it has not carried yet, else everything.
   *
   * @param again only what has been tried before
   */
  say(batch: Batch, again: boolean): void
  hear(frame: RawFrame): void
  /** When the oldest send without an answer went out, `clock.now()`. */
  pending(): number | undefined
  close(): void
}

/** The server ignores publishes after `n`, the last it has refused for now, until that comes again or is given up; `from` is the first. */
interface Halt {
  readonly n: number
  readonly from: number
  cancel(): void
}

/** Bounds of the wait before a refused publish is resent, ms. */
const leastRetry = 50
const mostRetry = 60_000

/**
 * @param changed there is something to carry
 * @param giveUp a send that the server waits for has been given up
 */
export function createSends(
  context: SessionContext,
  streams: boolean,
  changed: () => void,
  giveUp: (n: number) => void,
): Sends {
  const { clock, outbox } = context
  /** Stands for this link in what it has carried; renewed when none of that can be answered any more. */
  let link = {}
  /** The highest number that this link has carried or had no need to. */
  let carried = 0
  let halted: Halt | undefined

  const isHalted = ({ input }: Send) => halted && input.kind === 'p'

  function frame(send: Send): ReturnType<typeof frameOf> {
    const { n, body, input, tried } = send
    const { kind, channel, event, echo, timeout } = input
    const now = clock.now()
    const wall = clock.wall()
    const options: SendOptions = {
      ...(echo === false && { e: 0 }),
      ...(kind === 'q' && timeout !== undefined && { d: Math.ceil(timeout) }),
      ...(tried && { a: Math.ceil(Math.max(0, now - tried[0], wall - tried[1])) }),
    }
    send.tried ??= [now, wall]
    if (send.link !== link) {
      send.link = link
      send.at = now
    }
    return frameOf([kind, n, channel, event], body, options, streams)
  }

  function halt(n: number, ms: number): void {
    halted?.cancel()
    link = {}
    halted = { n, from: Math.min(n, halted?.from ?? n), cancel: clock.timer(ms, resume) }
    if (!outbox.sends.get(n)) resume()
  }

  /** The number that was refused comes again, or, if its owner gave it up, what is left does. */
  function resume(): void {
    const { n, from, cancel } = halted as Halt
    cancel()
    halted = undefined
    carried = Math.min(carried, from - 1)
    if (!outbox.sends.get(n)) giveUp(n)
    changed()
  }

  function take(n: number): Send | undefined {
    const send = outbox.take(n)
    if (n === halted?.n) resume()
    return send
  }

  return {
    say(batch, again) {
      for (const send of outbox.after(streams ? carried : 0)) {
        const { n, bytes, tried } = send
        if (!isHalted(send)) {
          if ((again && !tried) || !batch.fits(bytes)) break
          if (bytes > context.mostBytes) outbox.giveUp(n, 'too_big')
          else batch.add(frame(send), bytes)
        }
        carried = n
      }
    },
    hear(frame) {
      const [op, a, b, c, d] = frame
      if (op === 'k') {
        let sentAt = 0
        for (let i = 1; i < frame.length; i += 2) {
          const offset = integer(frame[i + 1])
          const id = integer(frame[i])
          const send = take(id)
          if (send?.link === link) sentAt = send.at as number
          send?.resolve({ offset, id })
        }
        if (sentAt) context.measure(clock.now() - sentAt)
        return
      }
      const n = integer(a)
      const retryMs = retryOf(d)
      if (op === 'r') take(n)?.resolve(b)
      else if (typeof retryMs === 'number' && outbox.sends.get(n)?.input.kind !== 'q') {
        halt(n, Math.min(Math.max(retryMs, leastRetry), mostRetry))
      } else take(n)?.reject(refusalOf(b, c, d, b === 'unknown' ? b : 'rejected'))
    },
    pending() {
      for (const send of outbox.after(0)) if (send.link === link) return send.at
    },
    close: () => halted?.cancel(),
  }
}
