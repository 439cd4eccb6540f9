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
/** The first one need not be patient: a failed dial is tried again by the connection. */
const helloRetries = [0]
/** A hello that has no answer after so many ms, and then twice as many, gets another beside it: it may sit on a kept-alive connection that is dead. */
const hedge = 2_500
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

  function poll(url: string, preamble: Preamble, port: Port): Driver {
    const running = new Set<AbortController>()
    /** Those of them that are held, oldest first. */
    const held = new Set<AbortController>()
    const wanted = { hold: false, post: false }
    const once: Message[] = []
    let address = ''
    let greeted = false
    /** Unheld exchanges, with when they began. */
    const posts = new Map<AbortController, number>()
    let quick = 0
    let cancelNext = () => {}

    /** One exchange, repeated if it fails, with what is unsettled by then. Resolves with its answer; undefined = no longer wanted. */
    async function exchange(delays: number[], controller = new AbortController()): Promise<string | undefined> {
      const { signal } = controller
      const isHeld = held.has(controller)
      // what must be said once is not repeated: it may have been heard
      const said = isHeld ? [] : once.splice(0, mostOnce)
      let text: string | undefined
      running.add(controller)
      for (let tries = 0; text === undefined && !signal.aborted; tries++) {
        const begun = environment.now()
        const holdMs = isHeld ? hold.next() : 0
        const end = (code: string) => code === 'timeout' && port.closed({ code: 1006, reason: code })
        const free = deadline(environment, { timeout: holdMs + patience, signal }, end)
        try {
          const body = [...preamble(holdMs), ...said.splice(0)].join('\n')
          text = await ask(environment.fetch(), address, body, credentials, signal)
        } catch (cause) {
          if (signal.aborted) break
          if (isHeld) hold.cut(environment.now() - begun)
          const timeout = delays[tries]
          if (timeout === undefined) port.closed({ code: 1006, reason: String(cause) })
          else if (timeout > 0) await new Promise((resolve) => deadline(environment, { timeout, signal }, resolve))
        } finally {
          free()
        }
      }
      running.delete(controller)
      return signal.aborted ? undefined : text
    }

    async function listen(): Promise<void> {
      const controller = new AbortController()
      const begun = environment.now()
      held.add(controller)
      const text = await exchange(retries, controller)
      if (text !== undefined && held.has(controller)) {
        for (const other of held) {
          held.delete(other)
          if (other === controller) break
          other.abort() // it asked with older cursors: its answer is not wanted any more
          // the path it was on may be dead: what else was on it is said again
          for (const [post, since] of posts) {
            if (since > begun) continue
            post.abort()
            want('post')
          }
        }
        const took = environment.now() - begun
        quick = text.length <= longestNothing && took < tooSoon ? quick + 1 : 0
        port.receive(text)
        next(quick > mostQuick ? pause : spacing - took)
      }
      pump()
    }

    async function speak(): Promise<void> {
      const controller = new AbortController()
      posts.set(controller, environment.now())
      const text = await exchange(retries, controller)
      posts.delete(controller)
      if (text !== undefined) port.receive(text)
      pump()
    }

    /** Unless someone wants a held poll sooner, it follows after `ms`. */
    function next(ms: number): void {
      cancelNext()
      const run = () => held.size === 0 && want('hold')
      if (ms <= 0) run()
      else if (port.alive) cancelNext = environment.timer(ms, run)
    }

    function pump(): void {
      if (!port.alive) return
      if (wanted.hold && held.size < mostHeld) {
        wanted.hold = false
        void listen()
      }
      while (wanted.post && posts.size < mostPosts) {
        void speak()
        wanted.post = once.length > 0
      }
    }

    /** Begun after this turn, so that all that is wanted in it shares one. */
    function want(what: 'hold' | 'post'): void {
      wanted[what] = true
      queueMicrotask(pump)
    }

    async function hello(hedgeMs = hedge): Promise<void> {
      const begun = environment.now()
      cancelNext = environment.timer(hedgeMs, () => hello(hedgeMs * 2))
      const text = await exchange(helloRetries)
      if (text === undefined || greeted) return
      greeted = true
      for (const other of running) {
        other.abort()
        want('post') // what it carried is unanswered
      }
      port.receive(text)
      next(Math.min(mostStagger, Math.max(leastStagger, environment.now() - begun)))
    }

    return {
      start() {
        address = transportUrl(url, environment.base(), 'http')
        return hello()
      },
      write(message, lane) {
        if (!greeted) return
        if (lane === 'once') once.push(message)
        want(lane === 'hold' ? 'hold' : 'post')
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
