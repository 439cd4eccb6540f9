import type { RawFrame } from '../protocol/codec'
import type { Cursor, EventMeta, GapReason } from '../protocol/frames'
import { type Batch, line } from './batch'
import type { SessionContext } from './context'
import { cursorOf, integer, refusalOf } from './read'
import { advance, onGap, onSubscribed, type Subscription } from './subscriptions'

/** What a link has said about one channel. */
interface Said {
  /** Undefined: something that is not wanted any more. */
  readonly sub?: Subscription
  /** The cursor it said. */
  readonly sent?: Cursor | null
  /** True until it is answered. Until then what comes for the channel belongs to an earlier question. */
  asked?: boolean
}

/** The channels, on one link. */
export interface Joins {
  /** Says what has not been said; exchanges know nothing of the one before and say everything. */
  say(batch: Batch): void
  /** @throws TypeError if it makes no sense, or if client and server cannot agree on a place */
  hear(frame: RawFrame): void
}

/** Repeating a subscribe so often in a row without getting anywhere means that the other side is no everwire server. */
const mostRepeats = 6
/** Room for a subscribe in a batch, bytes. */
const roomForOne = 300

/** @param changed something is unsaid */
export function createJoins({ subscriptions, dropped }: SessionContext, streams: boolean, changed: () => void): Joins {
  const said = new Map<string, Said>()

  /** While a question about the channel is open, its answer decides what comes next. */
  function isUnsaid(sub: Subscription): boolean {
    const entry = said.get(sub.channel)
    return !sub.denied && (!entry || (!entry.asked && entry.sub !== sub))
  }

  /** Asks once more, with the cursor of now, or takes back what it has no use for. */
  function again(channel: string, sub?: Subscription): void {
    if (sub && ++sub.repeats % mostRepeats === 0) throw new TypeError('out_of_step')
    said.set(channel, {})
    changed()
  }

  return {
    say(batch) {
      for (const [channel, { sub, asked }] of said) {
        const wanted = subscriptions.get(channel)
        if (asked || wanted === sub) continue
        said.delete(channel)
        if (streams && (!wanted || wanted.denied)) batch.add(line(['u', channel]))
      }
      for (const sub of subscriptions.values()) {
        if (streams ? !isUnsaid(sub) : sub.denied) continue
        if (!batch.fits(roomForOne)) return
        const { channel, cursor: sent = null, rewind } = sub
        said.set(channel, { sub, sent, asked: streams })
        batch.add(line(sent || !rewind ? ['s', channel, sent] : ['s', channel, sent, { r: rewind }]))
      }
    },
    hear([op, name, b, c, d, e]) {
      const channel = String(name)
      const entry = said.get(channel)
      if (!entry) {
        if (op === 's') again(channel) // the server ended it while it was being asked for again
        return
      }
      const { sub, sent } = entry
      if (op === 's' || op === 'd') {
        entry.asked = false
        if (op === 'd') said.delete(channel)
      }
      // left, or joined anew, meanwhile
      if (!sub || subscriptions.get(channel) !== sub) return changed()
      if (op === 'd') return dropped(sub, refusalOf(b, c, d))
      if (entry.asked) return
      if (op === 'm' || op === 'v') {
        const next = b === 0 ? !!sub.cursor : advance(sub, integer(b))
        if (next === 'again') return again(channel, sub)
        if (!next) return
        sub.repeats = 0
        if (op === 'm') sub.reader.event(String(c), d, b as number, e as EventMeta)
        return
      }
      const fits =
        op === 's'
          ? onSubscribed(sub, b === 0 ? null : sent, b === 1, cursorOf(c)) // 0 answers a question without a cursor
          : onGap(sub, e ? cursorOf(e) : sent, cursorOf(b), c as GapReason, d as number | null)
      if (fits) sub.reader.joined()
      else again(channel, sub)
    },
  }
}
