import type { Environment } from '../environment/environment'
import { closeCodes } from '../protocol/close'
import type { Message } from '../protocol/frames'
import { ask } from './ask'
import { guard, type Ports } from './guard'
import { createHold } from './hold'
import type { Preamble, Transport } from './transport'
import { transportUrl } from './url'

/** A failed exchange is tried again after so many ms; when the last of them fails too, the link is lost. */
const retries = [0, 250, 500]
/** The first one need not be patient: a failed dial is tried again by the connection. */
const openRetries = [0]
/** Time for an answer, ms, beyond the hold. */
const patience = 10_000
/** Exchanges in flight, of each kind: a browser opens six connections to a host over HTTP/1.1. */
const mostPosts = 4
const mostHeld = 2
/** `once` messages of one exchange, so that they and its preamble stay within the 256 frames of the protocol. */
const mostOnce = 50
/** The first held poll leaves WebSocket as long as the hello took, which is what its welcome needs at most; within these bounds, ms. */
const leastStagger = 30
const mostStagger = 400
/** Held polls start at least so far apart, ms; an everwire server coalesces for longer. */
const spacing = 10
/** Answers that say nothing, sooner than this, ms, time after time, are no long-polling: then a pause, ms, comes between them. */
const longestNothing = '["i",9999]'.length
const tooSoon = 50
const mostQuick = 3
const pause = 1_000

export interface PollingOptions {
  credentials?: boolean | undefined
}

/** Messages over HTTP: one request is held to hear, short ones speak, and each is complete in itself. */
export function createPollingTransport(environment: Environment, options: PollingOptions = {}): Transport {
  const hold = createHold(environment)
  const credentials = options.credentials ? 'include' : 'omit'

  function poll(url: string, preamble: Preamble, { opened, receive, closed, alive, release }: Ports): void {
    const timers = new Set<() => void>()
    const running = new Set<AbortController>()
    /** Oldest first. */
    const held = new Set<AbortController>()
    const wanted = { hold: false, post: false }
    const once: Message[] = []
    let posts = 0
    let quick = 0

    release(() => {
      for (const cancel of timers) cancel()
      for (const controller of running) controller.abort()
    })

    function after(ms: number, run: () => void): () => void {
      const stop = environment.timer(ms, () => {
        timers.delete(cancel)
        run()
      })
      const cancel = () => {
        timers.delete(cancel)
        stop()
      }
      timers.add(cancel)
      return cancel
    }

    /** One exchange, asked again if it fails, with what is unsettled by then. Resolves with its answer; undefined = no longer wanted. */
    async function exchange(controller: AbortController, said: Message[], delays = retries) {
      const { signal } = controller
      let text: string | undefined
      running.add(controller)
      for (let tries = 0; text === undefined && !signal.aborted; tries++) {
        const begun = environment.now()
        const holdMs = held.has(controller) ? hold.next() : 0
        const cancel = after(holdMs + patience, () => closed({ code: 1006, reason: 'timeout' }))
        try {
          // what must be said once is not repeated: it may have been heard
          const body = [...preamble(holdMs), ...said.splice(0)].join('\n')
          text = await ask(environment.fetch(), url, body, credentials, signal)
        } catch (cause) {
          if (signal.aborted) break
          if (holdMs > 0) hold.cut(environment.now() - begun)
          const delay = delays[tries]
          if (delay === undefined) closed({ code: 1006, reason: String(cause) })
          else if (delay > 0) await new Promise<void>((resolve) => after(delay, resolve))
        } finally {
          cancel()
        }
      }
      running.delete(controller)
      return signal.aborted ? undefined : text
    }

    async function listen(): Promise<void> {
      const controller = new AbortController()
      const begun = environment.now()
      held.add(controller)
      const text = await exchange(controller, [])
      if (text !== undefined) heard(text, controller, environment.now() - begun)
      queueMicrotask(pump)
    }

    /** A held poll was answered, after `took` ms: the next one follows. */
    function heard(text: string, controller: AbortController, took: number): void {
      for (const other of held) {
        held.delete(other)
        if (other === controller) break
        other.abort() // it asked with older cursors: its answer is not wanted any more
      }
      quick = text.length <= longestNothing && took < tooSoon ? quick + 1 : 0
      const wait = quick > mostQuick ? pause : spacing - took
      receive(text)
      if (wait <= 0) again()
      else if (alive()) after(wait, again)
    }

    function again(): void {
      if (held.size === 0) want('hold')
    }

    async function speak(): Promise<void> {
      posts++
      const text = await exchange(new AbortController(), once.splice(0, mostOnce))
      posts--
      if (text !== undefined) receive(text)
      queueMicrotask(pump)
    }

    function pump(): void {
      if (!alive()) return
      if (wanted.hold && held.size < mostHeld) {
        wanted.hold = false
        void listen()
      }
      while (wanted.post && posts < mostPosts) {
        void speak()
        wanted.post = once.length > 0
      }
    }

    /** Begun after this turn, so that all that is wanted in it shares one. */
    function want(what: 'hold' | 'post'): void {
      wanted[what] = true
      queueMicrotask(pump)
    }

    const begun = environment.now()
    void exchange(new AbortController(), [], openRetries).then((text) => {
      if (text === undefined) return
      opened((message, lane) => {
        if (lane === 'once') once.push(message)
        want(lane === 'hold' ? 'hold' : 'post')
      })
      receive(text)
      after(Math.min(mostStagger, Math.max(leastStagger, environment.now() - begun)), again)
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
