import type { Environment } from '../environment/environment'
import { closeCodes } from '../protocol/close'
import type { Message } from '../protocol/frames'
import { ask, createTimers } from './exchange'
import { guard, type Ports } from './guard'
import { createHold } from './hold'
import type { Preamble, Transport } from './transport'
import { transportUrl } from './url'

/** A failed exchange is tried again after so many ms; when the last of them fails too, the link is lost. */
const retries = [0, 250, 500]
/** Time for an answer, ms, beyond the hold. */
const patience = 10_000
/** Exchanges in flight, of each kind: a browser opens six connections to a host over HTTP/1.1. */
const mostPosts = 4
const mostHeld = 2
/** The first held poll leaves WebSocket as long as the hello took, which is what its welcome needs at most; within these bounds, ms. */
const leastStagger = 30
const mostStagger = 400
/** Small answers sooner than this, ms, time after time, are no long-polling: then polls are spaced, up to the second. */
const tooSoon = 50
const tooSmall = 40
const mostPause = 2_000

export interface PollingOptions {
  credentials?: boolean | undefined
}

interface Exchange {
  over: boolean
  attempt?: AbortController
}

/** Messages over HTTP: one request is held to hear, short ones speak, and each is complete in itself. */
export function createPollingTransport(environment: Environment, options: PollingOptions = {}): Transport {
  const hold = createHold(environment)
  const credentials = options.credentials ? 'include' : 'omit'

  function poll(url: string, preamble: Preamble, { opened, receive, closed, alive, release }: Ports): void {
    const timers = createTimers(environment)
    const running = new Set<Exchange>()
    const held = new Set<Exchange>()
    let posts = 0
    let once: Message[] = []
    const wanted = { hold: false, post: false }
    let scheduled = false
    let pausing = false
    let quick = 0

    release(() => {
      timers.clear()
      for (const exchange of running) stop(exchange)
    })

    function stop(exchange: Exchange): void {
      exchange.over = true
      exchange.attempt?.abort()
    }

    /** One exchange, asked again if it fails, with what is unsettled by then. Resolves with its answer; undefined = no longer wanted. */
    async function run(exchange: Exchange, holdMs: number, said: Message[], tries: readonly number[]) {
      running.add(exchange)
      for (let i = 0; !exchange.over; i++) {
        const attempt = new AbortController()
        exchange.attempt = attempt
        const begun = environment.now()
        const cancel = timers.after(holdMs + patience, () => attempt.abort())
        try {
          // what must be said once is not repeated: it may have been heard
          const body = [...preamble(holdMs), ...(i ? [] : said)].join('\n')
          const text = await ask(environment.fetch(), { url, body, credentials, signal: attempt.signal })
          running.delete(exchange)
          return exchange.over ? undefined : { text, ms: environment.now() - begun }
        } catch (cause) {
          if (exchange.over) break
          if (holdMs > 0) hold.cut(environment.now() - begun)
          const delay = tries[i]
          if (delay === undefined) closed({ code: 1006, reason: String(cause) })
          else if (delay > 0) await new Promise<void>((resolve) => timers.after(delay, resolve))
        } finally {
          cancel()
        }
      }
      running.delete(exchange)
      return undefined
    }

    async function listen(): Promise<void> {
      const exchange = { over: false }
      held.add(exchange)
      const answer = await run(exchange, Math.round(hold.next()), [], retries)
      if (!answer) {
        held.delete(exchange)
        return pump()
      }
      // older polls asked with older cursors: their answers are not wanted any more
      for (const other of held) {
        held.delete(other)
        if (other === exchange) break
        stop(other)
      }
      quick = answer.ms < tooSoon && answer.text.length < tooSmall ? quick + 1 : 0
      receive(answer.text)
      if (held.size > 0 || pausing) return pump()
      pausing = true
      timers.after(quick > 3 ? Math.min(mostPause, 250 * 2 ** (quick - 4)) : 0, () => {
        pausing = false
        wanted.hold ||= held.size === 0
        pump()
      })
    }

    async function speak(): Promise<void> {
      posts++
      const said = once
      once = []
      const answer = await run({ over: false }, 0, said, retries)
      posts--
      if (answer) receive(answer.text)
      pump()
    }

    function pump(): void {
      scheduled = false
      if (!alive()) return
      if (wanted.hold && held.size < mostHeld) {
        wanted.hold = false
        void listen()
      }
      if (wanted.post && posts < mostPosts) {
        wanted.post = false
        void speak()
      }
    }

    function want(lane: 'hold' | 'post'): void {
      wanted[lane] = true
      if (scheduled) return
      scheduled = true
      queueMicrotask(pump)
    }

    void run({ over: false }, 0, [], [0]).then((answer) => {
      if (!answer) return
      opened((message, lane) => {
        if (lane === 'once') once.push(message)
        want(lane === 'hold' ? 'hold' : 'post')
      })
      receive(answer.text)
      timers.after(Math.min(mostStagger, Math.max(leastStagger, answer.ms)), () => held.size === 0 && want('hold'))
    })
  }

  return {
    name: 'polling',
    streams: false,
    open: (url, sink, signal, preamble) =>
      guard(sink, signal, (ports) => {
        try {
          poll(transportUrl(url, environment.base(), 'http'), preamble, ports)
        } catch (cause) {
          ports.closed({ code: closeCodes.transient, reason: String(cause) })
        }
      }),
  }
}
