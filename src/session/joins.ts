import type { RawFrame } from '../protocol/codec'
import type { Cursor, EventMeta, GapReason } from '../protocol/frames'
import { type Batch, line } from './batch'
import type { SessionContext } from './context'
import { cursorOf, integer, refusalOf } from './read'
import { advance, onGap, onSubscribed, type Subscription } from './subscriptions'

/** What a link has said about one channel. */
interface Said {
  readonly sub: Subscription
  /** The cursor it said. */
  readonly sent: Cursor | null
  /** True until it is answered. Until then what comes for the channel belongs to an earlier question. */
  asked: boolean
}

/** The channels, on one link. */
export interface Joins {
  /** True if there is something to subscribe to that this link has not said. */
  unsaid(): boolean
  /** Says what has not been said; exchanges know nothing of the one before and say everything. */
  say(batch: Batch): void
  hear(frame: RawFrame): void
}

export interface JoinsOptions {
  /** Says one line more, now. An empty one begins an exchange that says everything. */
  send(line: string): void
  /** Something is unsaid. */
  changed(): void
  /** Client and server cannot agree on a place. */
  outOfStep(): void
}

/** Repeating a subscribe this often in a row without getting anywhere means that the other side is no everwire server. */
const mostRepeats = 5
/** Room for a subscribe in a batch, bytes. */
const roomForOne = 300

export function createJoins(
  { subscriptions, dropped }: SessionContext,
  streams: boolean,
  { send, changed, outOfStep }: JoinsOptions,
): Joins {
  const said = new Map<string, Said>()

  /** While a question about the channel is open, its answer decides what comes next. */
  function isUnsaid(sub: Subscription): boolean {
    const entry = said.get(sub.channel)
    return !sub.denied && (!entry || (!entry.asked && entry.sub !== sub))
  }

  function subscribe(sub: Subscription): string {
    const { channel, cursor = null, rewind } = sub
    if (!said.has(channel)) sub.repeats = 0
    said.set(channel, { sub, sent: cursor, asked: streams })
    return line(cursor || !rewind ? ['s', channel, cursor] : ['s', channel, null, { r: rewind }])
  }

  function again(sub: Subscription): void {
    if (++sub.repeats > mostRepeats) return outOfStep()
    const text = subscribe(sub)
    send(streams ? text : '')
  }

  return {
    unsaid: () => [...subscriptions.values()].some(isUnsaid),
    say(batch) {
      for (const [channel, { sub, asked }] of said) {
        const wanted = subscriptions.get(channel)
        if (asked || wanted === sub) continue
        said.delete(channel)
        if (streams && !wanted) batch.add(line(['u', channel]))
      }
      for (const sub of subscriptions.values()) {
        if (streams ? !isUnsaid(sub) : sub.denied) continue
        if (!batch.fits(roomForOne)) return
        batch.add(subscribe(sub))
      }
    },
    hear([op, name, b, c, d, e]) {
      const channel = String(name)
      const entry = said.get(channel)
      if (!entry) {
        // the server ended it while it was being asked for again
        if (op === 's' && streams) send(line(['u', channel]))
        return
      }
      const { sub, sent } = entry
      if (op === 's' || op === 'd') {
        entry.asked = false
        if (op === 'd') said.delete(channel)
      }
      // left, or joined anew, meanwhile
      if (subscriptions.get(channel) !== sub) return changed()
      if (op === 'd') return dropped(sub, refusalOf(b, c, d))
      if (entry.asked) return
      if (op === 'm' || op === 'v') {
        const next = b === 0 ? !!sub.cursor : advance(sub, integer(b))
        if (next === 'again') return again(sub)
        if (!next) return
        sub.repeats = 0
        if (op === 'm') sub.handlers.event(String(c), d, b as number, e as EventMeta)
        return
      }
      const fits =
        op === 's'
          ? onSubscribed(sub, b === 0 ? null : sent, b === 1, cursorOf(c)) // 0 answers a question without a cursor
          : onGap(sub, e ? cursorOf(e) : sent, cursorOf(b), c as GapReason, d as number | null)
      if (fits) sub.handlers.joined()
      else again(sub)
    },
  }
}
