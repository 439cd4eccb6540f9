import type { Client, EventInfo, GapInfo } from 'everwire'
import type { Chat } from '../support/server'

/** A client with one channel whose events come when the test says so, in the very turn. */
export function fakeClient() {
  const listeners = new Set<{ event: string; run: (data: unknown, info: EventInfo) => void }>()
  const gaps = new Set<(gap: GapInfo) => void>()
  let offset = 0
  let subscribed = 0

  const add = <T>(to: Set<T>, entry: T) => {
    to.add(entry)
    return () => void to.delete(entry)
  }
  const channel = {
    state: { status: 'joined' },
    watch: () => () => {},
    onGap: (listener: (gap: GapInfo) => void) => add(gaps, listener),
    on(event: string, run: (data: unknown, info: EventInfo) => void) {
      subscribed++
      return add(listeners, { event, run })
    },
  }
  const client = { channel: () => channel, watch: () => () => {}, state: { status: 'idle', attempt: 0, pending: 0 } }

  return {
    client: client as unknown as Client<Chat>,
    emit(event: string, data: unknown): void {
      offset++
      for (const listener of listeners)
        if (listener.event === event) listener.run(data, { offset, from: undefined, own: false, id: undefined })
    },
    gap(info: GapInfo): void {
      for (const listener of gaps) listener(info)
    },
    /** How many listeners were ever added. */
    subscriptions: () => subscribed,
  }
}
