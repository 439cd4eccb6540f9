import type { Scheduler } from '../../src/testing/scheduler'
import type { Actor } from './actor'
import type { Books } from './books'
import type { Host } from './host'

/**
 * Longest time from the last fault until everybody is up to date, ms: a link that died unnoticed is missed after 35 s (heartbeat and
 * grace), a dial may then time out after 10 s. A wait of 20 s (the cap), a dial and a hello take less.
 */
const recoveryBound = 45_000
/** What is on its way at the last fault has come by then, ms. */
const latest = 45_000
/** What a healthy network needs for one event, ms. */
const promptly = 4_000

interface Recovery {
  scheduler: Scheduler
  host: Host
  actors: readonly Actor[]
  channels: readonly string[]
  books: Books
}

/** T1: within the bound everyone is connected, has the newest event of each channel, and knows what became of its sends. */
export async function recover({ scheduler, host, actors, channels, books }: Recovery): Promise<number> {
  const since = scheduler.now
  const missing = (id: string) =>
    actors.flatMap(({ name, joins }) =>
      [...joins.values()]
        .filter(
          ({ heard, joinedAt = 0 }) =>
            joinedAt < since && !heard.some((one) => (one.type === 'event' ? one.id.startsWith(id) : one.at > since)),
        )
        .map(({ channel }) => `${name} in ${channel}`),
    )
  const away = () =>
    actors
      .filter(({ client }) => client.state.status !== 'connected')
      .map(({ name, client }) => `${name} (${client.state.status})`)
  const unsettled = () => books.sent.filter(({ outcomes }) => outcomes.length === 0).map(({ id }) => id)
  for (const channel of channels) host.publish(channel, `last-${channel}`, `last-${channel}`)
  const idle = new Set(actors.filter(({ client }) => client.state.status === 'idle'))
  for (const { client } of idle) client.connect()
  for (;;) {
    await scheduler.run(scheduler.now + 500)
    if (missing('last-').length + away().length + unsettled().length === 0) break
    if (scheduler.now - since > recoveryBound) break
  }
  const took = scheduler.now - since
  if (took > recoveryBound)
    books.problems.push(`T1: away: ${away()}; behind: ${missing('last-')}; without an outcome: ${unsettled()}`)
  // whoever is well again stays so, and whatever is still on its way somewhere arrives now
  await scheduler.run(Math.max(since + latest, scheduler.now))
  for (const channel of channels) host.publish(channel, `very-last-${channel}`, `very-last-${channel}`)
  for (
    let left = promptly;
    left > 0 && (left === promptly || missing('very-last-').length + away().length > 0);
    left -= 500
  ) {
    await scheduler.run(scheduler.now + 500)
  }
  for (const who of missing('last-')) books.problems.push(`T1: ${who} is not up to date`)
  for (const who of missing('very-last-')) books.problems.push(`T1: ${who} did not get the last event`)
  for (const who of away()) books.problems.push(`T1: ${who} is not connected`)
  return took
}
