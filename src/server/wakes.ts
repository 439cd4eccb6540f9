import { report } from '../shared/emitter'
import type { StoredEvent } from './broker'

type Wake = (epoch: string, event: StoredEvent) => void

/** Who hears of new events, by channel. A listener that throws stops nobody; one that publishes is heard after its turn. */
export function createWakes() {
  const channels = new Map<string, Set<{ wake: Wake }>>()
  let waiting: { channel: string; epoch: string; event: StoredEvent }[] = []
  let emitting = false

  function tell(channel: string, epoch: string, event: StoredEvent): void {
    for (const { wake } of channels.get(channel) ?? []) {
      try {
        wake(epoch, event)
      } catch (error) {
        report(error)
      }
    }
  }

  return {
    on(channel: string, wake: Wake): () => void {
      const all = channels.get(channel) ?? new Set()
      const entry = { wake }
      channels.set(channel, all.add(entry))
      return () => {
        all.delete(entry)
        if (all.size === 0 && channels.get(channel) === all) channels.delete(channel)
      }
    },
    emit(channel: string, epoch: string, event: StoredEvent): void {
      if (emitting) return void waiting.push({ channel, epoch, event })
      emitting = true
      tell(channel, epoch, event)
      // a listener published: were it heard at once, later listeners would hear 2 before 1
      for (const next of waiting) tell(next.channel, next.epoch, next.event)
      waiting = []
      emitting = false
    },
    clear: () => channels.clear(),
  }
}
