import { type Conditions, noHttpFaults, type Text } from '../../src/testing/path'
import type { Random } from '../../src/testing/random'
import type { Scheduler } from '../../src/testing/scheduler'
import type { Actor } from './actor'
import { calm, type Moods } from './hooks'
import type { Host } from './host'

/** What faults can touch. */
export interface Stage {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly host: Host
  readonly actors: readonly Actor[]
  readonly moods: Moods
  readonly trace: (who: string, what: Text) => void
  /** Virtual time of the last fault. */
  readonly end: number
}

type Fault = (stage: Stage, actor: Actor, ms: number) => void

/** Each begins something now that is over after `ms`, or that happens once. */
const pathFaults: Record<string, Fault> = {
  latency: during(({ random }) => ({ latency: random.between(100, 1_500), jitter: random.between(0, 800) })),
  offline({ scheduler, random }, { path, ...actor }, ms) {
    path.conditions.offline = true
    for (const wire of [...path.wires]) if (random.chance(0.7)) wire.cut('both')
    if (random.chance(0.5)) actor.hint('down')
    scheduler.after(ms, () => {
      path.conditions.offline = false
      if (random.chance(0.6)) actor.hint('up')
    })
  },
  'http faults': during(({ random }) => {
    const some = () => (random.chance(0.4) ? random.between(0.02, 0.4) : 0)
    const [loseRequest, loseAnswer, duplicate, late, truncate, skip] = [some(), some(), some(), some(), some(), some()]
    return { http: { loseRequest, loseAnswer, duplicate, late, truncate, skip, html: some() / 2, gateway: some() } }
  }),
  'captive portal': during(() => ({ dial: 'refuse', http: { ...noHttpFaults, html: 1 } })),
  'no upgrades': during(({ random }) => ({ dial: random.pick(['refuse', 'hang', 'silent'] as const) })),
  'young cuts': during(({ random }) => ({ youngCut: random.pick([50, 300, 1_500, 5_000]) })),
  'hold cuts': during(({ random }) => ({ holdCut: random.pick([300, 2_000, 5_000]) })),
  'shut up': shut('up'),
  'shut down': shut('down'),
  'shut both'(stage, actor, ms) {
    shut('up')(stage, actor, ms)
    shut('down')(stage, actor, ms)
  },
  reset({ random }, { path }) {
    for (const wire of [...path.wires])
      if (random.chance(0.8)) wire.cut(random.pick(['both', 'both', 'client', 'server'] as const))
  },
  'dead connections'(stage, { path }) {
    for (const wire of [...path.wires]) if (stage.random.chance(0.8)) wire.cut('nobody')
  },
  sleep({ scheduler, random, trace, end }, { path, name, ...actor }, ms) {
    const { machine, wires } = path
    if (machine.asleep) return
    const still = random.chance(0.5)
    trace(name, `falls asleep${still ? ', and so does its clock' : ''}`)
    machine.sleep(still)
    const long = random.chance(0.2) ? 60_000 : 0
    scheduler.after(Math.min(ms + long, end - scheduler.now), () => {
      for (const wire of [...wires]) if (random.chance(0.3)) wire.cut(random.pick(['both', 'nobody'] as const))
      trace(name, 'wakes')
      machine.wake()
      if (random.chance(0.7)) actor.hint('wake')
    })
  },
  'clock jump'({ random }, { path }) {
    // backwards in little steps only: sleep hides behind a clock that is set back, which is written down as a limit
    path.machine.jump(random.pick([3_600_000, 5_000, 60_000, -20]))
  },
  'false hint': ({ random }, actor) => actor.hint(random.pick(['up', 'wake', 'down'] as const)),
}

const hostFaults: Record<string, Fault> = {
  'server down'({ scheduler, host }, _, ms) {
    host.down()
    scheduler.after(Math.min(ms, 5_000), host.up)
  },
  crash({ scheduler, host, random }) {
    host.crash(random.chance(0.5))
    scheduler.after(random.between(500, 3_000), host.up)
  },
  restart({ host, random }) {
    host.restart(random.pick([0, 500, 3_000]), random.between(500, 1_500), random.chance(0.5))
  },
  'server stands still'({ scheduler, host, end }, _, ms) {
    const { machine } = host
    machine.sleep(false)
    scheduler.after(Math.min(ms, 12_000, end - scheduler.now), machine.wake)
  },
  'moody hooks'({ scheduler, random, moods }, _, ms) {
    const some = (most: number) => (random.chance(0.5) ? random.next() * most : 0)
    Object.assign(moods, {
      slow: some(random.pick([50, 1_000, 7_000])),
      retryable: some(0.5),
      forbid: some(0.3),
      throws: some(0.2),
      handlerThrows: some(0.3),
      subscribeLater: some(0.3),
    })
    scheduler.after(ms, () => Object.assign(moods, calm))
  },
  'moody auth'({ scheduler, random, moods }, _, ms) {
    Object.assign(moods, { authFails: random.next(), authLater: random.next() / 2, unauthorized: random.next() / 3 })
    scheduler.after(ms, () => Object.assign(moods, calm))
  },
}

function during(change: (stage: Stage) => Partial<Conditions>): Fault {
  return (stage, { path }, ms) => {
    const before = path.conditions
    const now = change(stage)
    Object.assign(before, now)
    stage.scheduler.after(ms, () => restore(path.conditions, stage, now))
  }
}

function restore(conditions: Conditions, { random }: Stage, changed: Partial<Conditions>): void {
  const plain: Conditions = { ...calmConditions, latency: random.between(5, 100) }
  for (const key of Object.keys(changed) as (keyof Conditions)[]) Object.assign(conditions, { [key]: plain[key] })
}

export const calmConditions: Readonly<Conditions> = Object.freeze({
  latency: 20,
  jitter: 5,
  dial: 'ok',
  youngCut: undefined,
  holdCut: undefined,
  offline: false,
  http: noHttpFaults,
})

function shut(direction: 'up' | 'down'): Fault {
  return ({ scheduler }, { path }, ms) => {
    path[direction].set(false)
    scheduler.after(ms, () => path[direction].set(true))
  }
}

/** Plans faults over the time until `stage.end`, where all is over. */
export function planFaults(stage: Stage, count: number): string[] {
  const { scheduler, random, actors, trace, end } = stage
  const names: string[] = []
  for (let i = 0; i < count; i++) {
    const faults = random.chance(0.75) ? pathFaults : hostFaults
    const name = random.pick(Object.keys(faults))
    const actor = random.pick(actors)
    const at = random.between(0, end * 0.95)
    const ms = Math.min(random.pick([300, 2_000, 8_000, 30_000]) * random.between(0.3, 1), end - at)
    names.push(name)
    scheduler.after(at, () => {
      trace('fault', `${name} (${actor.name}, ${Math.round(ms)} ms)`)
      faults[name]?.(stage, actor, ms)
    })
  }
  return names
}
