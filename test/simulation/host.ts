import type { Broker } from '../../src/server/broker'
import { type Core, createCore } from '../../src/server/core'
import { createMemoryBroker } from '../../src/server/memory-broker'
import { nodeDigests } from '../../src/server/node/digests'
import type { RealtimeOptions } from '../../src/server/options'
import { createMachine, type Machine } from '../../src/testing/machine'
import type { Site, Text, Wire } from '../../src/testing/path'
import type { Random } from '../../src/testing/random'
import type { Scheduler } from '../../src/testing/scheduler'
import type { Books } from './books'
import { distant, recording } from './brokers'

export type HostOptions = RealtimeOptions<Record<string, object>, unknown>

/** The one server: a core, which may be replaced by another that remembers less. */
export interface Host extends Site {
  readonly core: Core
  /** It has said good-bye, or the next process is about to begin, and it does not listen again yet. */
  readonly restarting: boolean
  /** Stops listening and cuts everything; the core lives on. */
  down(): void
  up(): void
  /** The process dies; the next one begins with its own memory, or with the log as it was (`keepsLog`). Stays down. */
  crash(keepsLog: boolean): void
  /** Says good-bye in an orderly way and starts anew. */
  restart(drainMs: number, downMs: number, keepsLog: boolean): void
  publish(channel: string, id: string, data: unknown): void
  /** Throws a user out of a channel, or out altogether. */
  revoke(channel: string, user: string, altogether: boolean): void
  /** Most bytes that were on their way to one client. */
  readonly mostLoaded: number
  /** Times the log was lost. */
  readonly losses: number
  /**
   * A known limit: a resend's age does not count its own way, so that the server of now takes it for younger than it is. If it was
   * longer on its way than the last server was gone, with all its records, it could be taken twice: it must not arrive.
   */
  isTooLate(begun: number): boolean
  /** Ends everything; resolves when nothing of it is left, or says what is. */
  close(): Promise<string[]>
}

export interface HostParts {
  scheduler: Scheduler
  random: Random
  books: Books
  /** Options of each core; its machine is the one to wait on. */
  options(machine: Machine): HostOptions
  /** How far away the broker is, ms. */
  brokerMs: number
  trace(what: Text): void
}

/** A process that has ended is followed by the next one after this long at the earliest, ms: what is on its way then is not all too late. */
const shortestDeath = 300
/** How long after a loss of all records nothing may be late, ms: what was tried before it is settled by then. */
const cautious = 30_000

export function createHost({ scheduler, random, books, options, brokerMs, trace }: HostParts): Host {
  const wires = new Set<Wire>()
  const diskMachine = createMachine(scheduler, random)
  let machine = createMachine(scheduler, random)
  let listening = true
  let dead = false
  let forgets = false
  let losses = 0
  let restarting = false
  let mostLoaded = 0
  let diedAt = 0
  let endedAt = 0
  let startedAt = 0
  let away = Number.POSITIVE_INFINITY
  let broker = createBroker()
  let core = createNode()

  function createBroker(): Broker {
    const { dedupeWindow } = options(diskMachine)
    const memory = createMemoryBroker({ clock: diskMachine.clock, epoch: () => random.text(6), dedupeMs: dedupeWindow })
    return recording(memory, books, () => scheduler.now)
  }

  function createNode(): Core {
    const { clock } = machine
    const later = (run: () => void) => void clock.timer(0, run)
    return createCore(
      { clock, later, randomBytes: (count) => random.bytes(count), ...nodeDigests },
      { ...options(machine), broker: distant(broker, clock, brokerMs) },
    )
  }

  function down(): void {
    trace('stops listening')
    listening = false
    for (const wire of [...wires]) wire.cut('both')
  }

  function up(): void {
    const early = endedAt + shortestDeath - scheduler.now
    restarting = dead && early > 0
    if (restarting) return void scheduler.after(early, up)
    if (dead) begin()
    trace('listens')
    listening = true
  }

  /** The process ends; the next one begins when it listens. */
  function die(keepsLog: boolean): void {
    down()
    machine.kill()
    dead = true
    endedAt = scheduler.now
    if (!forgets) diedAt = scheduler.now
    if (keepsLog) return
    forgets = true
    trace('the log is lost')
  }

  function begin(): void {
    dead = false
    for (const id of books.refused) books.forgotten.add(id)
    books.refused.clear()
    if (forgets) {
      forgets = false
      losses++
      away = scheduler.now - diedAt
      startedAt = scheduler.now
      void broker.close()
      broker = createBroker()
    }
    machine = createMachine(scheduler, random)
    core = createNode()
    trace('a new process')
  }

  return {
    get core() {
      return core
    },
    get machine() {
      return machine
    },
    get listening() {
      return listening
    },
    get restarting() {
      return restarting
    },
    get losses() {
      return losses
    },
    get mostLoaded() {
      return mostLoaded
    },
    view: { url: '/realtime', headers: {}, address: '10.0.0.1' },
    wires,
    down,
    up,
    crash: die,
    restart(drainMs, downMs, keepsLog) {
      if (dead) return
      trace(() => `says good-bye, to come back within ${drainMs} ms`)
      const leaving = core
      restarting = true
      void core.close({ drain: drainMs }).then(() => {
        if (core !== leaving || dead) return
        scheduler.after(50, () => {
          if (core !== leaving || dead) return
          die(keepsLog)
          scheduler.after(downMs, up)
        })
      })
    },
    publish(channel, id, data) {
      if (dead) return
      trace(() => `publishes ${id} in ${channel}`)
      core.publish(channel, 'e', data).catch((error: unknown) => books.problems.push(`server publish ${id}: ${error}`))
    },
    revoke(channel, user, altogether) {
      if (dead) return
      trace(() => `throws ${user} out${altogether ? '' : ` of ${channel}`}`)
      if (altogether) core.kick({ user })
      else core.unsubscribe({ user, channel })
    },
    isTooLate: (begun) => scheduler.now - begun > away && scheduler.now - startedAt < cautious,
    loaded(bytes) {
      mostLoaded = Math.max(mostLoaded, bytes)
    },
    async close() {
      const left: string[] = []
      await core.close()
      await broker.close()
      if (machine.timers > 0) left.push(`${machine.timers} timers of the server`)
      const { connections } = core.stats()
      if (connections.websocket + connections.polling > 0) left.push(`connections ${JSON.stringify(connections)}`)
      return left
    },
  }
}
