import { type CloseReason, closeCodes } from '../protocol/close'
import type { Transport } from '../transports/transport'
import { type CandidateOptions, type Conversation, openCandidate, type TransportLine } from './candidate'
import type { DialEvents, Dialer } from './line'
import { createTrust } from './trust'

export interface DialOptions<C extends Conversation> extends CandidateOptions<C> {
  /** In order of preference: WebSocket first, then what works where that is blocked. */
  transports: readonly Transport[]
  /** Asks for what a hello needs; once per dial, shared by its candidates. */
  prepare(): Promise<unknown>
  /** Whether the quick HTTP hello starts beside the WebSocket dial; else it waits for the stagger. */
  quickHello: boolean
  /** One of so many clients that nobody should knock twice: then only what worked is redialled, and the quick hello is left out. */
  crowded(): boolean
}

/** Without the quick hello, long-polling starts this long after WebSocket, ms. */
const stagger = 400
/** While long-polling is live, WebSocket is tried after this long, ms, then twice as long each time, up to the second. */
const firstProbe = 2_000
const longestProbe = 120_000
/**
 * First welcome wins. WebSocket is dialled with one quick HTTP hello beside it; if HTTP answers first, it is used at once, and
 * WebSocket takes over when its own welcome arrives, now or at a later probe.
 */
export function createDialer<C extends Conversation>(
  options: DialOptions<C>,
  events: DialEvents<TransportLine<C>>,
): Dialer<TransportLine<C>> {
  const { clock, transports } = options
  const [best] = transports
  const trust = createTrust(clock)
  /** What is being dialled, each with the function that gives it up. */
  const candidates = new Map<Transport, () => void>()
  /** What this dial has not tried yet. */
  let untried: Transport[] = []
  /** The dial that runs: an object of its own, so that a late answer to an older one is known as such. */
  let dial: object | undefined
  let live: TransportLine<C> | undefined
  /** After the server's own goodbye only what worked is dialled, once: a restart must not double the storm. */
  let alone: Transport['name'] | undefined
  let cancelStagger = () => {}
  let cancelProbe = () => {}
  let probeDelay = firstProbe

  function stop(): void {
    dial = undefined
    cancelStagger()
    for (const giveUp of candidates.values()) giveUp()
    candidates.clear()
  }

  function start(): void {
    stop()
    const mine = {}
    dial = mine
    options.prepare().then(
      () => dial === mine && race(),
      (cause) => dial === mine && fail({ code: closeCodes.transient, reason: 'auth_failed', cause }),
    )
  }

  function race(): void {
    const chosen = alone
    alone = undefined
    const banned = trust.wait() > 0 && transports.length > 1
    untried = transports.filter((transport) => !chosen || transport.name === chosen)
    if (banned) untried.reverse()
    next()
    if (banned) return
    if (options.quickHello && !options.crowded()) next()
    else cancelStagger = clock.timer(stagger, next)
  }

  function next(): void {
    const transport = untried.shift()
    if (transport) open(transport)
  }

  function open(transport: Transport): void {
    const giveUp = openCandidate(options, transport, {
      ...events,
      ready(line) {
        candidates.delete(transport)
        found(transport, line)
      },
      failed(reason) {
        candidates.delete(transport)
        missed(reason)
      },
    })
    candidates.set(transport, giveUp)
  }

  function found(transport: Transport, line: TransportLine<C>): void {
    dial = undefined
    cancelStagger()
    if (transport === best) {
      probeDelay = firstProbe
      stop()
    }
    events.ready(line)
  }

  function missed(reason: CloseReason): void {
    if (!dial) return probeLater()
    // the server itself spoke: another transport would hear the same
    if (reason.retryMs !== undefined || reason.code >= closeCodes.bad_frame) return fail(reason)
    next()
    if (candidates.size > 0) return
    trust.acquit()
    fail(reason)
  }

  function fail(reason: CloseReason): void {
    stop()
    events.failed(reason)
  }

  function probeLater(): void {
    cancelProbe()
    if (!live || live.transport === best?.name) return
    cancelProbe = clock.timer(Math.max(probeDelay, trust.wait()), probe)
    probeDelay = Math.min(probeDelay * 2, longestProbe)
  }

  function probe(): void {
    if (dial || !live || !best || live.transport === best.name || candidates.has(best)) return
    const beside = live
    const begin = () => live === beside && !dial && !candidates.has(best) && open(best)
    options.prepare().then(begin, probeLater)
  }

  return {
    start,
    stop,
    get running() {
      return dial !== undefined
    },
    live(line) {
      live = line
      cancelProbe()
      // a candidate that still runs is a probe by itself
      if (line && candidates.size === 0) probeLater()
    },
    ended(line, { code }) {
      if (code === closeCodes.restart || code === closeCodes.overloaded || options.crowded()) alone = line.transport
      else if (line.transport === 'websocket') trust.died(clock.now() - line.since)
    },
    hint() {
      probeDelay = firstProbe
      probe()
    },
  }
}
