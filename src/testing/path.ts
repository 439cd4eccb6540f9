import type { Host, RequestView } from '../server/hosts'
import { createGate, type Gate } from './gate'
import type { Machine } from './machine'
import type { Random } from './random'
import type { Scheduler } from './scheduler'

/** What becomes of exchanges: each a probability. */
export interface HttpFaults {
  loseRequest: number
  loseAnswer: number
  /** A proxy sends the request a second time, up to 40 s later. */
  duplicate: number
  /** The request itself is stuck for up to 40 s. */
  late: number
  truncate: number
  /** An event is missing in the middle of an answer. Nothing does that; the client would have to notice. */
  skip: number
  html: number
  gateway: number
}

/** The network between one client and the server, as it is now. */
export interface Conditions {
  /** One way, ms. */
  latency: number
  jitter: number
  /** What becomes of WebSocket dials. */
  dial: 'ok' | 'refuse' | 'hang' | 'silent'
  /** A proxy resets each WebSocket after so many ms. */
  youngCut: number | undefined
  /** A proxy answers held polls with 504 after so many ms. */
  holdCut: number | undefined
  offline: boolean
  http: HttpFaults
}

export const noHttpFaults: Readonly<HttpFaults> = Object.freeze({
  loseRequest: 0,
  loseAnswer: 0,
  duplicate: 0,
  late: 0,
  truncate: 0,
  skip: 0,
  html: 0,
  gateway: 0,
})

/** Text, or how to make it. */
export type Text = string | (() => string)

/** Something open between client and server, which can be hurt. */
export interface Wire {
  readonly kind: 'websocket' | 'exchange'
  /** Who is told that it is over. Nobody: a dead connection that both sides believe in. */
  cut(tells: 'both' | 'client' | 'server' | 'nobody'): void
}

/** Where the server is: the core of now behind its listener. */
export interface Site {
  readonly core: Pick<Host, 'accept' | 'exchange'>
  readonly view: RequestView
  readonly listening: boolean
  readonly wires: Set<Wire>
  readonly machine: Machine
  /** What was sent at `begun` belongs to another time and must not arrive. */
  isTooLate(begun: number): boolean
  /** So many bytes are on their way to one client. */
  loaded(bytes: number): void
}

export interface Path {
  readonly name: string
  readonly scheduler: Scheduler
  readonly machine: Machine
  readonly random: Random
  conditions: Conditions
  /** How long it takes until a side that is told of a cut knows of it, ms. */
  readonly noticeMs: number
  /** Shut: nothing arrives in this direction until it opens again. */
  readonly up: Gate
  readonly down: Gate
  readonly wires: Set<Wire>
  /** One way, ms, drawn anew each time. */
  delay(): number
  /** A line of the trace; a function where it costs something to write it. */
  trace(what: Text): void
}

export function createPath(
  parts: Pick<Path, 'name' | 'scheduler' | 'machine' | 'random' | 'conditions' | 'noticeMs' | 'trace'>,
): Path {
  const { scheduler, random } = parts
  const path: Path = {
    ...parts,
    up: createGate(scheduler),
    down: createGate(scheduler),
    wires: new Set(),
    delay: () => path.conditions.latency + random.next() * path.conditions.jitter,
  }
  return path
}

/** One direction of a TCP connection: everything arrives once, in order, or nothing does any more. */
export interface Pipe {
  push(run: () => void): void
  kill(): void
}

export function createPipe({ scheduler, delay }: Path, gate: Gate): Pipe {
  let last = 0
  let dead = false
  return {
    push(run) {
      if (dead) return
      last = Math.max(last, scheduler.now + delay())
      scheduler.after(last - scheduler.now, () => gate.pass(() => !dead && run()))
    },
    kill() {
      dead = true
    },
  }
}
