import type { Clock } from '../../src/environment/environment'
import type { Broker, PublishInput, PublishResult } from '../../src/server/broker'
import { type Books, nameOf } from './books'

/** A broker that keeps the books of what it accepts. */
export function recording(broker: Broker, books: Books, now: () => number): Broker {
  function keep({ channel, data, meta }: PublishInput, result: PublishResult): PublishResult {
    if (result.kind === 'accepted' && !result.duplicate) {
      const { epoch, offset } = result
      const quiet = (meta as { e?: number } | undefined)?.e === 0
      books.log.push({ channel, epoch, offset, id: nameOf(data), from: meta?.f, at: now(), quiet })
    }
    return result
  }
  return {
    ...broker,
    publish(input) {
      const result = broker.publish(input)
      return result instanceof Promise ? result.then((stored) => keep(input, stored)) : keep(input, result)
    },
  }
}

/** A broker at the end of a wire: each step takes up to `ms` on its way there, and again on its way back. */
export function distant(broker: Broker, clock: Clock, ms: number): Broker {
  if (ms === 0) return broker
  const wait = () => new Promise<void>((resolve) => clock.timer(clock.random() * ms, resolve))
  const remote =
    <Args extends unknown[], Result>(step: (...args: Args) => Result | Promise<Result>) =>
    async (...args: Args) => {
      await wait()
      const result = await step(...args)
      await wait()
      return result
    }
  return {
    ...broker,
    publish: remote(broker.publish),
    recorded: remote(broker.recorded),
    position: remote(broker.position),
    rewind: remote(broker.rewind),
    read: remote(broker.read),
    listen: remote(broker.listen),
  }
}
