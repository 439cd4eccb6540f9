import type { Random } from '../../src/testing/random'
import type { Scheduler } from '../../src/testing/scheduler'
import type { Actor } from './actor'
import { dress } from './books'
import type { Host } from './host'

export interface TrafficParts {
  scheduler: Scheduler
  random: Random
  host: Host
  actors: readonly Actor[]
  channels: readonly string[]
  end: number
}

const forms = ['text', 'text', 'object', 'bytes'] as const

/** Plans what the apps do until `end`: who joins, leaves, sends, asks, and what the server publishes. */
export function planTraffic(parts: TrafficParts, count: number): void {
  const { scheduler, random, actors, channels, end } = parts
  for (const actor of actors) {
    for (const channel of channels) {
      if (random.chance(0.8))
        scheduler.after(random.next() * end * 0.3, () => actor.join(channel, random.pick([0, 0, 3, 50])))
    }
  }
  let at = random.next() * 200
  // bursts with pauses between them
  for (let i = 0; i < count; i++) {
    at = random.chance(0.7) ? at + random.next() * 40 : random.next() * end
    const act = acts(parts, random.next(), i)
    if (at < end) scheduler.after(at, act)
  }
}

function acts({ random, host, actors, channels }: TrafficParts, which: number, i: number): () => void {
  const actor = random.pick(actors)
  const channel = random.pick(channels)
  const { name, path } = actor
  const awake = (run: () => void) => () => path.machine.take(run)
  const data = (kind: string) => dress(`${name}:${kind}${i}`, random.pick(forms))
  if (which < 0.3) return () => host.publish(channel, `s${i}`, dress(`s${i}`, random.pick(forms)))
  if (which < 0.72) {
    const echo = !random.chance(0.2)
    const timeout = random.chance(0.1) ? random.pick([50, 500, 5_000]) : undefined
    const abortAfter = random.chance(0.15) ? random.pick([5, 60, 300, 2_000]) : undefined
    const given = data('p')
    return awake(() =>
      actor.publish(channel, given, { echo, ...(timeout && { timeout }), ...(abortAfter && { abortAfter }) }),
    )
  }
  if (which < 0.84) {
    const timeout = random.pick([500, 10_000, 60_000])
    const abortAfter = random.chance(0.1) ? 100 : undefined
    const given = data('q')
    return awake(() => actor.request(channel, given, { timeout, ...(abortAfter && { abortAfter }) }))
  }
  const given = data('v')
  if (which < 0.88) return awake(() => actor.volatile(channel, given))
  const rewind = random.pick([0, 5, 50])
  if (which < 0.93) return awake(() => actor.leave(channel))
  if (which < 0.983) return awake(() => actor.join(channel, rewind))
  if (which < 0.985) return () => host.revoke(channel, name, random.chance(0.3))
  if (which < 0.99) return awake(() => void actor.client.refreshAuth().catch(() => {}))
  return awake(() => {
    path.trace('closes and connects again')
    actor.client.close()
    actor.client.connect()
  })
}
