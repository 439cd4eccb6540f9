import { createMachine } from '../../src/testing/machine'
import { createPath, noHttpFaults, type Text } from '../../src/testing/path'
import { createRandom, type Random } from '../../src/testing/random'
import { createScheduler, type Scheduler } from '../../src/testing/scheduler'
import { type Actor, createActor } from './actor'
import { type Books, createBooks } from './books'
import { check } from './checker'
import { afterPromises } from './drain'
import { calmConditions, planFaults } from './faults'
import { calm, clientAuth, type Moods, type Settings, serverOptions } from './hooks'
import { createHost, type Host } from './host'
import { recover } from './recovery'
import { planTraffic } from './traffic'

/** What came of one seed. */
export interface Report {
  readonly seed: number
  readonly violations: string[]
  /** Of everything that happened, in order. */
  readonly hash: string
  readonly faults: readonly string[]
  /** How long after the last fault every client was up to date, ms. */
  readonly recoveredMs: number
  readonly events: number
  readonly deliveries: number
  readonly sends: number
}

export interface RunOptions {
  /** Gets each line of the trace. */
  trace?: ((line: string) => void) | undefined
  /** Computes `hash`, which takes time. */
  hash?: boolean | undefined
}

/** What may wait for one client beyond the server's bound: what the kernel takes, and answers, which are not held back. Bytes. */
const slack = 4_096

export async function runSeed(seed: number, options: RunOptions = {}): Promise<Report> {
  const random = createRandom(seed)
  const scheduler = createScheduler(afterPromises)
  const books = createBooks()
  const ledger = createLedger(scheduler, options)
  const settings = drawSettings(random)
  const moods: Moods = { ...calm }
  const hookRandom = random.fork()
  const host = createHost({
    scheduler,
    random: random.fork(),
    books,
    brokerMs: random.pick([0, 0, 3, 60]),
    options: (machine) => serverOptions(settings, moods, hookRandom, books, machine),
    trace: (what) => ledger.trace('server', what),
  })
  const actors = Array.from({ length: random.pick([2, 2, 3, 4]) }, (_, i) =>
    makeActor(`c${i}`, scheduler, random, host, books, moods, ledger),
  )
  const channels = Array.from({ length: random.int(1, 3) }, (_, i) => `room:${i}`)
  const end = random.pick([3_000, 10_000, 30_000, 60_000])
  const stage = { scheduler, random: random.fork(), host, actors, moods, trace: ledger.trace, end }
  const faults = planFaults(stage, random.int(0, 8))
  planTraffic({ scheduler, random: random.fork(), host, actors, channels, end }, random.int(10, 90))

  await scheduler.run(end)
  // one who has said good-bye has not had its fault yet
  while (host.restarting) await scheduler.run(scheduler.now + 100)
  heal(host, actors, moods)
  while (host.restarting) await scheduler.run(scheduler.now + 100)
  ledger.trace('world', 'the last fault is over')
  const recoveredMs = await recover({ scheduler, host, actors, channels, books })
  for (const actor of actors) actor.close()
  await scheduler.run(scheduler.now + 15_000)
  for (const { name, path } of actors)
    if (path.machine.timers > 0) books.problems.push(`L1: ${path.machine.timers} timers of ${name} after close`)
  let left: string[] | undefined
  void host.close().then((all) => {
    left = all
  })
  await scheduler.run(scheduler.now + 2_000)
  books.problems.push(
    ...(left ?? ['close() of the server never resolved']).map((what) => `L1: left after close: ${what}`),
  )
  const { history, limits } = settings
  const mostBuffered = (limits?.bufferedBytes ?? 262_144) + slack
  if (host.mostLoaded > mostBuffered) books.problems.push(`L1: ${host.mostLoaded} bytes waited for one client`)
  const longHistory = history !== false && history.messages >= 1_000 && history.seconds > 1_000
  return {
    seed,
    violations: check(books, { longHistory, losses: host.losses }),
    hash: ledger.hash(),
    faults,
    recoveredMs,
    events: scheduler.count,
    deliveries: books.joins.reduce((sum, { heard }) => sum + heard.length, 0),
    sends: books.sent.length,
  }
}

function drawSettings(random: Random): Settings {
  return {
    history: random.pick([
      { messages: 5_000, seconds: 3_600 },
      { messages: 5_000, seconds: 3_600 },
      { messages: 10, seconds: 3_600 },
      { messages: 1_000, seconds: 2 },
      false,
    ]),
    // always longer than anything can be stuck on the way: what comes later than that is a known limit
    dedupeWindow: random.pick([120_000, 120_000, 90_000]),
    heartbeat: random.pick([25_000, 25_000, 5_000]),
    limits: random.pick([
      undefined,
      undefined,
      { sendsPerSecond: 5, sendBurst: 5 },
      { bufferedBytes: 1_000, answerBytes: 10_000 },
    ]),
    tokenMs: random.chance(0.2) ? random.pick([12_000, 40_000]) : undefined,
  }
}

function makeActor(
  name: string,
  scheduler: Scheduler,
  random: Random,
  host: Host,
  books: Books,
  moods: Moods,
  ledger: Ledger,
): Actor {
  const machine = createMachine(scheduler, random.fork())
  const conditions = { ...calmConditions, latency: random.between(2, 120), jitter: random.between(0, 40) }
  const trace = (what: Text) => ledger.trace(name, what)
  const path = createPath({ name, scheduler, machine, random: random.fork(), conditions, noticeMs: 1, trace })
  return createActor(path, host, books, {
    auth: clientAuth(name, moods, random.fork(), machine),
    quickHello: !random.chance(0.15),
    transports: random.pick([
      undefined,
      undefined,
      undefined,
      ['websocket'],
      ['polling'],
      ['polling', 'websocket'],
    ] as const),
    ...(random.chance(0.1) && { queue: { messages: 5, policy: random.pick(['reject', 'drop-oldest'] as const) } }),
  })
}

/** The network is as good as new, and so is everybody's temper. Connections that died stay dead. */
function heal(host: Host, actors: readonly Actor[], moods: Moods): void {
  Object.assign(moods, calm)
  host.machine.wake()
  if (!host.listening) host.up()
  for (const { path } of actors) {
    Object.assign(path.conditions, calmConditions, { http: noHttpFaults })
    path.up.set(true)
    path.down.set(true)
    path.machine.wake()
  }
}

interface Ledger {
  trace(who: string, what: Text): void
  hash(): string
}

function createLedger(scheduler: Scheduler, { trace, hash }: RunOptions): Ledger {
  let sum = 0x811c9dc5
  return {
    trace(who, what) {
      if (!trace && !hash) return
      const line = `${scheduler.now.toFixed(1).padStart(9)} ${who.padEnd(6)} ${typeof what === 'string' ? what : what()}`
      trace?.(line)
      if (hash) for (let i = 0; i < line.length; i++) sum = Math.imul(sum ^ line.charCodeAt(i), 0x01000193)
    },
    hash: () => (sum >>> 0).toString(16),
  }
}
