import type { Environment } from '../environment/environment'
import type { Message } from '../protocol/frames'
import { ask } from './ask'
import { type Driver, guard, type Port } from './guard'
import { createHold } from './hold'
import type { Preamble, Transport } from './transport'

/** A try without an answer so many ms after its hold gets another beside it: it may be on a kept-alive connection that is dead. */
const patience = 2_500
/** So many tries in a row, failed or overdue, and the link is lost: after 10 s without a word, or with the fourth failure. */
const mostLost = 4
/** A hello need not be patient: a failed dial is tried again by the connection. */
const weightOfHello = 2
/** The first failure is followed by another try at once, each later one after so many ms more. */
const step = 250
/** Tries in flight: a browser opens six connections to a host over HTTP/1.1. */
const mostTries = 3
/** Messages that ride on one try, so that they and its preamble stay within the 256 frames of the protocol. */
const mostRiding = 50
/** The first poll leaves WebSocket as long as the hello took, which is what its welcome needs at most, and a bit, ms; up to the most, ms. */
const leastStagger = 30
const mostStagger = 400
/** Polls start at least so far apart, ms; an everwire server coalesces for longer. */
const spacing = 10
/** An answer that says nothing, sooner than this, ms, is no long-polling: the next poll comes after a pause, ms. */
const longestNothing = '["i",9999]'.length
const tooSoon = 50
const pause = 1_000

export interface PollingOptions {
  credentials?: boolean | undefined
}

/**
 * Messages over HTTP: requests that are held until there is something to hear, each complete in itself; who has something to say begins
 * one more. The newest is the one that counts: it is followed by another if it fails or is overdue. An answer ends what was asked
 * before it.
 */
export function createPollingTransport(environment: Environment, options: PollingOptions = {}): Transport {
  const hold = createHold(environment)
  const credentials = options.credentials ? 'include' : 'omit'

  function poll(url: string, preamble: Preamble, port: Port): Driver {
    /** In flight, oldest first. */
    const tries = new Set<AbortController>()
    let newest: AbortController | undefined
    /** When the newest is overdue. */
    let due = 0
    /** Tries in vain since the last answer. */
    let lost = 0
    const riding: Message[] = []
    let greeted = false
    let wanted = false
    /** The one timer: when to begin another. */
    let cancel = () => {}

    function after(ms: number, run: () => void): void {
      cancel()
      if (ms > 0) cancel = environment.timer(ms, run)
      else run()
    }

    function lose(cause: unknown, weight: number, ms: number): void {
      lost += weight
      if (lost < mostLost) after(ms, begin)
      else port.closed({ code: 1006, reason: String(cause) })
    }

    const overdue = () => lose('timeout', 1, 0)

    function say(holdMs: number, how: RequestInit): Promise<string> {
      // what nothing repeats rides on one try only: it may have been heard
      const messages = [...preamble(holdMs), ...riding.splice(0, mostRiding)]
      return ask(environment, url, { body: messages.join('\n'), credentials, ...how })
    }

    function begin(): void {
      const mine = new AbortController()
      const { signal } = mine
      const begun = environment.now()
      const holdMs = greeted ? hold.next(lost > 0) : 0
      const answer = say(holdMs, { signal })
      newest = mine
      due = begun + holdMs + patience
      // a server answers the older one at once when it hears the newer
      after(patience + (tries.size ? 0 : holdMs), overdue)
      tries.add(mine)
      wanted = false
      if (riding.length) want()

      function heard(text: string): void {
        if (!tries.has(mine)) return
        for (const older of tries) {
          tries.delete(older)
          if (older === mine) break
          older.abort(0)
        }
        const now = environment.now()
        const took = now - begun
        const isNothing = text.length <= longestNothing && took < tooSoon
        if (tries.has(newest as AbortController)) after(due - now, overdue)
        // what the newest said was in vain, and the way is open again
        else if (newest !== mine) want()
        else after(greeted ? (isNothing ? pause : spacing - took) : Math.min(mostStagger, took + leastStagger), want)
        greeted = true
        lost = 0
        port.receive(text)
      }

      function failed(cause: unknown): void {
        if (!tries.delete(mine) || newest !== mine) return
        hold.cut(environment.now() - begun)
        lose(cause, greeted ? 1 : weightOfHello, lost * step)
      }

      answer.then(heard, failed).then(pump)
    }

    /** Begun after this turn, so that all that is to be said in it shares one. */
    function want(): void {
      wanted = true
      queueMicrotask(pump)
    }

    function pump(): void {
      // after a failure the next one comes by itself, when it is time
      if (wanted && port.alive && tries.size < mostTries && (tries.size || !lost)) begin()
    }

    return {
      start: begin,
      write(message) {
        if (!greeted) return
        if (message) riding.push(message)
        want()
      },
      release() {
        cancel()
        for (const one of tries) one.abort(0)
        tries.clear()
        // a last word, which outlives the page
        if (riding.length) say(0, { keepalive: true }).catch(() => {})
      },
    }
  }

  return {
    name: 'polling',
    streams: false,
    open: (url, sink, preamble) => guard(sink, (port) => poll(url, preamble, port)),
  }
}
