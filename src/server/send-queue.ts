import type { Clock } from '../environment/environment'
import type { ServerLimits } from './limits'
import { createOutcomes } from './outcomes'
import { type Bucket, createBucket } from './rate'

/** Something that has to wait its turn. */
export interface Turn {
  readonly size: number
  readonly owner: {
    /** Its turn has come. Never rejects. */
    take(turn: Turn): Promise<void> | undefined
  }
}

/** The sends of one session, one at a time and in order, whichever connection they came on. */
export interface SendQueue {
  /** False if there are far too many: the client has been told of its limits and does not keep to them. */
  add(turn: Turn): boolean
  /** Anything left to do? */
  size(): number
  /** Fresh sends only; a resend does not count. */
  readonly rate: Bucket
  /** The same in bytes. */
  readonly byteRate: Bucket
  /** Refusals, for resends of what was refused. */
  readonly refusals: Outcomes
  /** The highest number seen, so that only what may be a resend is looked up. */
  highest: number
}

export type Outcomes = ReturnType<typeof createOutcomes<Refusal>>

/** What a nack says. */
export interface Refusal {
  readonly code: string
  readonly message: string
  /** null = for good. */
  readonly retryMs: number | null
}

/** Two transports and four exchanges at once may each carry everything that is unsettled. */
const copies = 6
/** Refusals remembered. */
const mostRefusals = 1_024

export function createSendQueue(clock: Clock, limits: ServerLimits, windowMs: number): SendQueue {
  const waiting: Turn[] = []
  let next = 0
  let bytes = 0
  let running = false

  /** Goes on until there is something to wait for. */
  function work(): void {
    running = true
    while (next < waiting.length) {
      const turn = waiting[next] as Turn
      const done = turn.owner.take(turn)
      if (done) return void done.then(() => goOn(turn))
      finish(turn)
    }
    waiting.length = 0
    next = 0
    running = false
  }

  function goOn(turn: Turn): void {
    finish(turn)
    work()
  }

  function finish(turn: Turn): void {
    bytes -= turn.size
    next++
    if (next >= 1_024) next -= waiting.splice(0, next).length
  }

  return {
    add(turn) {
      if (waiting.length - next >= copies * limits.unsettled || bytes > copies * limits.unsettledBytes) return false
      waiting.push(turn)
      bytes += turn.size
      if (!running) work()
      return true
    },
    size: () => waiting.length - next,
    rate: createBucket(clock, limits.sendsPerSecond, limits.sendBurst),
    byteRate: createBucket(clock, limits.sendBytesPerSecond, limits.sendBytesBurst),
    refusals: createOutcomes<Refusal>(clock, windowMs, mostRefusals),
    highest: 0,
  }
}
