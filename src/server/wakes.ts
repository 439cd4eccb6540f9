import { createEmitter, type Emitter } from '../shared/emitter'
import type { StoredEvent } from './broker'

type Wake = [epoch: string, event: StoredEvent]

/** Who hears of new events, by channel. A listener that throws stops nobody; one that publishes is heard after its turn. */
export function createWakes() {
  const channels = new Map<string, Emitter<Wake>>()
  let waiting: { channel: string; wake: Wake }[] = []
  let emitting = false

  return {
    on(channel: string, listener: (...wake: Wake) => void): () => void {
      const all = channels.get(channel) ?? createEmitter<Wake>()
      channels.set(channel, all)
      const off = all.on(listener)
      return () => {
        off()
        if (all.size === 0 && channels.get(channel) === all) channels.delete(channel)
      }
    },
    emit(channel: string, ...wake: Wake): void {
      waiting.push({ channel, wake })
      // a listener published: were it heard at once, later listeners would hear 2 before 1
      if (emitting) return
      emitting = true
      for (const next of waiting) channels.get(next.channel)?.emit(...next.wake)
      waiting = []
      emitting = false
    },
    clear: () => channels.clear(),
  }
}
