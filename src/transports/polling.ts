import type { Environment } from '../environment/environment'
import type { Message } from '../protocol/frames'
import { deadline } from '../shared/deadline'
import { ask } from './ask'
import { type Driver, guard, type Port } from './guard'
import { createHold } from './hold'
import type { Preamble, Transport } from './transport'
import { transportUrl } from './url'

/** A failed exchange is tried again after so many ms; when the last of them fails too, the link is lost. */
const retries = [0, 250, 500]
/** Time for an answer, ms, beyond the hold. */
const patience = 10_000
/**
 * A hello that has no answer after so many ms, and then twice as many, gets another beside it: it may sit on a kept-alive connection
 * that is dead. Later exchanges have the heartbeat for that: its ping is one more exchange.
 */
const hedge = 2_500
/** Exchanges in flight: a browser opens six connections to a host over HTTP/1.1. */
const mostRunning = 3
/** Messages that ride on one exchange, so that they and its preamble stay within the 256 frames of the protocol. */
const mostRiding = 50
/** The first poll leaves WebSocket as long as the hello took, which is what its welcome needs at most; within these bounds, ms. */
const leastStagger = 30
const mostStagger = 400
/** Polls start at least so far apart, ms; an everwire server coalesces for longer. */
const spacing = 10
/** Answers that say nothing, sooner than this, ms, time after time, are no long-polling: then a pause, ms, comes between them. */
const longestNothing = '["i",9999]'.length
const tooSoon = 50
const mostQuick = 3
const pause = 1_000

export interface PollingOptions {
  credentials?: boolean | undefined
}

/** Messages over HTTP: requests that are held until there is something to hear, each complete in itself. Who has something to say begins one more. */
export function createPollingTransport(environment: Environment, options: PollingOptions = {}): Transport {
  const hold = createHold(environment)
  const credentials = options.credentials ? 'include' : 'omit'

  function poll(url: string, preamble: Preamble, port: Port): Driver {
    /** Exchanges without an answer, oldest first. */
    const running = new Set<AbortController>()
    const riding: Message[] = []
    let address = ''
    let greeted = false
    let wanted = false
    let quick = 0
    let cancelNext = () => {}

    /** Resolves with the answer; undefined = no longer wanted. Each try says what is unsettled by then. */
    async function exchange(controller: AbortController): Promise<string | undefined> {
      const { signal } = controller
      // what nothing repeats is said at most once: it may have been heard
      const once = riding.splice(0, mostRiding)
      for (const pauses = greeted ? [...retries] : [0]; ; ) {
        const begun = environment.now()
        const holdMs = greeted ? hold.next() : 0
        const late = () => !signal.aborted && port.closed({ code: 1006, reason: 'timeout' })
        const free = deadline(environment, { timeout: holdMs + patience, signal }, late)
        try {
          const body = [...preamble(holdMs), ...once.splice(0)].join('\n')
          const text = await ask(environment.fetch(), address, body, credentials, signal)
          return signal.aborted ? undefined : text
        } catch (cause) {
          hold.cut(environment.now() - begun)
          const timeout = pauses.shift()
          if (timeout === undefined) port.closed({ code: 1006, reason: String(cause) })
          if (signal.aborted) return
          if (timeout) await new Promise((resolve) => deadline(environment, { timeout, signal }, resolve))
        } finally {
          free()
        }
      }
    }

    async function run(): Promise<void> {
      const begun = environment.now()
      const controller = new AbortController()
      running.add(controller)
      const text = await exchange(controller)
      if (text === undefined) return
      const took = environment.now() - begun
      const isHello = !greeted
      greeted = true
      // what was asked before this knew less, and may sit on a dead connection; of hellos one is enough
      for (const other of running) {
        running.delete(other)
        if (other !== controller) other.abort()
        else if (!isHello) break
      }
      quick = text.length <= longestNothing && took < tooSoon ? quick + 1 : 0
      cancelNext()
      port.receive(text)
      if (wanted) pump()
      else if (running.size === 0)
        next(isHello ? Math.min(mostStagger, Math.max(leastStagger, took)) : quick > mostQuick ? pause : spacing - took)
    }

    /** Begins an exchange after `ms`, or sooner if something is to be said. */
    function next(ms: number): void {
      if (ms <= 0) want()
      else if (port.alive) cancelNext = environment.timer(ms, want)
    }

    /** Begun after this turn, so that all that is to be said in it shares one exchange. */
    function want(): void {
      wanted = true
      queueMicrotask(pump)
    }

    function pump(): void {
      if (!wanted || !port.alive || running.size >= mostRunning) return
      cancelNext()
      wanted = false
      void run()
      if (riding.length > 0) want()
      // a server answers the older poll at once when it hears the newer one
      if (!greeted || running.size > 1) next(hedge)
    }

    return {
      start() {
        address = transportUrl(url, environment.base(), 'http')
        want()
      },
      write(message) {
        if (!greeted) return
        if (message) riding.push(message)
        want()
      },
      release() {
        cancelNext()
        for (const controller of running) controller.abort()
      },
    }
  }

  return {
    name: 'polling',
    streams: false,
    open: (url, sink, preamble) => guard(sink, (port) => poll(url, preamble, port)),
  }
}
