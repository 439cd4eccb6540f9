import type { Broker } from '../server/broker'
import { type Core, createCore } from '../server/core'
import { createMemoryBroker } from '../server/memory-broker'
import { nodeDigests } from '../server/node/digests'
import type { RealtimeOptions } from '../server/options'
import { createMachine } from './machine'
import type { Site, Text, Wire } from './path'
import type { Random } from './random'
import type { Scheduler } from './scheduler'
import type { TestServer } from './types'

export type CoreOptions = RealtimeOptions<Record<string, object>, unknown>

/** The kit's server, as the network and as the test see it. */
export interface Backend {
  readonly site: Site
  readonly server: TestServer<unknown>
  /** Resolves in virtual time: somebody has to let it pass. */
  close(): Promise<void>
}

interface BackendParts {
  scheduler: Scheduler
  random: Random
  options: CoreOptions
  wall: number
  trace(what: Text): void
}

/** After its good-byes a server lives on for so long, ms, as one that drains does. */
const lingerMs = 50

export function createBackend({ scheduler, random, options, wall, trace }: BackendParts): Backend {
  const wires = new Set<Wire>()
  const createComputer = () => createMachine(scheduler, random, wall)
  const disk = createComputer()
  let machine = createComputer()
  let listening = true
  let broker = options.broker ?? createBroker()
  let life = createLife(broker)
  let core = createNode()

  function createBroker(): Broker {
    return createMemoryBroker({
      clock: disk.clock,
      epoch: () => random.text(6),
      dedupeMs: options.dedupeWindow ?? 120_000,
      ...(options.limits?.historyBytes !== undefined && { historyBytes: options.limits.historyBytes }),
    })
  }

  function createNode(): Core {
    const { clock } = machine
    return createCore(
      {
        clock,
        later: (run) => void clock.timer(0, run),
        randomBytes: (count) => random.bytes(count),
        ...nodeDigests,
      },
      { ...options, broker: life.broker, onDisconnect: life.whileAlive(options.onDisconnect) },
    )
  }

  function cutAll(): void {
    for (const wire of [...wires]) wire.cut('both')
  }

  /** The process ends, and with it its sessions and timers. */
  function replace(memory: boolean): void {
    trace(memory ? 'a new process' : 'a new process, without memory')
    cutAll()
    life.end()
    machine.kill()
    machine = createComputer()
    if (!memory && !options.broker) {
      void broker.close()
      broker = createBroker()
    }
    life = createLife(broker)
    core = createNode()
  }

  return {
    site: {
      get core() {
        return core
      },
      get machine() {
        return machine
      },
      get listening() {
        return listening
      },
      view: { url: '/realtime', headers: {}, address: '10.0.0.1' },
      wires,
      isTooLate: () => false,
      loaded() {},
    },
    server: {
      publish: (...args) => core.publish(...(args as Parameters<Core['publish']>)),
      unsubscribe: (which) => core.unsubscribe(which),
      kick: (which) => core.kick(which),
      stats: () => core.stats(),
      stop() {
        trace('stops')
        listening = false
        cutAll()
      },
      start() {
        trace('starts')
        listening = true
      },
      restart({ memory = true, drain } = {}) {
        if (drain === undefined) return replace(memory)
        const leaving = core
        void leaving.close({ drain }).then(() =>
          scheduler.after(lingerMs, () => {
            if (core === leaving) replace(memory)
          }),
        )
      },
    },
    async close() {
      await core.close()
      if (!options.broker) await broker.close()
    },
  }
}

/** What ends with a process, though the promises of its hooks may go on: its hold on the broker, and its own word. */
function createLife(broker: Broker) {
  const listens = new Set<() => void>()
  let over = false
  return {
    broker: {
      ...broker,
      publish: (input) => (over ? new Promise(() => {}) : broker.publish(input)),
      async listen(channel, wake) {
        const stop = await broker.listen(channel, (...event) => over || wake(...event))
        if (over) stop()
        else listens.add(stop)
        return () => {
          listens.delete(stop)
          stop()
        }
      },
    } satisfies Broker,
    whileAlive:
      <Args extends unknown[]>(hook: ((...args: Args) => void) | undefined) =>
      (...args: Args): void => {
        if (!over) hook?.(...args)
      },
    end(): void {
      over = true
      for (const stop of listens) stop()
      listens.clear()
    },
  }
}
