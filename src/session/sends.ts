import type { RawFrame } from '../protocol/codec'
import type { Batch } from './batch'
import type { SessionContext } from './context'
import { overhead, type Send } from './outbox'
import { integer, refusalOf, retryOf } from './read'

/** Publishes and requests, on one link. */
export interface Sends {
  /** True if there is a send of this kind that this link has not carried and could. */
  unsaid(kind: Send['kind']): boolean
  /**
   * Carries what is unsettled, in order, as far as it fits: over a stream what it has not carried yet, else everything.
   *
   * @param again only what has been tried before
   */
  say(batch: Batch, kind: Send['kind'], again: boolean): void
  hear(frame: RawFrame): void
  /** An answer was cut: outcomes may have been in what was left out. */
  cut(): void
  /** When the oldest send without an answer went out, `clock.now()`. */
  outstanding(): number | undefined
  close(): void
}

export interface SendsOptions {
  /** Something went out that wants an answer. */
  sent(): void
  /** There is something to carry, or room for more. */
  changed(): void
  /** A send that the server waits for has been given up. */
  giveUp(n: number): void
}

/** Bounds of the wait before a refused publish is resent, ms. */
const leastRetry = 50
const mostRetry = 60_000
/** Bytes of publishes that wait for one exchange; the rest waits for an acknowledgement to make room. */
const exchangeBytes = 200_000

export function createSends(context: SessionContext, streams: boolean, { sent, changed, giveUp }: SendsOptions): Sends {
  const { clock, outbox, measure } = context
  /** The highest number that this link has carried or had no need to. */
  const carried = { p: 0, q: 0 }
  const sentAt = new Map<number, number>()
  /** The server ignores publishes from `n` on until it comes again or is given up. */
  let halted: { n: number; cancel(): void } | undefined

  function settled(n: number): void {
    sentAt.delete(n)
    if (n === halted?.n) resume()
    else if (!streams) changed()
  }

  function acknowledged(n: number, offset: number): void {
    const at = sentAt.get(n)
    if (at !== undefined) measure(clock.now() - at)
    settled(n)
    outbox.accept(n, { offset })
  }

  function halt(n: number, ms: number): void {
    if (halted) return
    sentAt.clear()
    halted = { n, cancel: clock.timer(ms, resume) }
    if (!outbox.kind(n)) resume()
  }

  /** The number that was refused comes again, or, if its owner gave it up, what is left does. */
  function resume(): void {
    if (!halted) return
    const { n, cancel } = halted
    cancel()
    halted = undefined
    const isGivenUp = !outbox.kind(n)
    carried.p = isGivenUp ? 0 : n - 1
    if (isGivenUp && streams) giveUp(n)
    changed()
  }

  return {
    unsaid(kind) {
      let room = exchangeBytes
      for (const send of outbox.sends()) {
        if (send.kind !== kind) continue
        room -= send.bytes
        if (send.n > carried[kind]) return kind === 'q' || (room > 0 && !halted)
      }
      return false
    },
    say(batch, kind, again) {
      if (halted && streams && kind === 'p') return
      const most = context.welcome.lim.message + overhead
      for (const send of outbox.sends(streams ? carried[kind] : 0)) {
        const { n, bytes } = send
        if (send.kind === kind) {
          if ((again && !send.tried) || !batch.fits(bytes)) break
          if (bytes > most) outbox.giveUp(n, 'too_big')
          else {
            batch.add(outbox.carry(send, streams))
            if (!sentAt.has(n)) sentAt.set(n, clock.now())
          }
        }
        carried[kind] = Math.max(carried[kind], n)
      }
      if (sentAt.size) sent()
    },
    hear(frame) {
      const [op, a, b, c, d] = frame
      if (op === 'k') {
        for (let i = 1; i < frame.length; i += 2) acknowledged(integer(frame[i]), integer(frame[i + 1]))
        return
      }
      const n = integer(a)
      const retryMs = retryOf(d)
      if (op === 'r') {
        settled(n)
        outbox.accept(n, b)
      } else if (typeof retryMs === 'number' && outbox.kind(n) !== 'q') {
        halt(n, Math.min(Math.max(retryMs, leastRetry), mostRetry))
      } else {
        settled(n)
        outbox.refuse(n, refusalOf(b, c, d, b === 'unknown' ? b : 'rejected'))
      }
    },
    cut() {
      carried.p = 0
      changed()
    },
    outstanding() {
      for (const [n, at] of sentAt) {
        if (outbox.kind(n)) return at
        sentAt.delete(n)
      }
    },
    close: () => halted?.cancel(),
  }
}
