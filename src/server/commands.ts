import type { ChannelName, EventsOf } from '../shared/contract'
import type { Core } from './core'
import type { Stats } from './stats'

/** What a program does with its realtime server, wherever that runs. */
export interface RealtimeCommands<C> {
  /**
   * Publishes an event as the server: no hook is asked.
   *
   * @param options `idempotencyKey`: publishing again with the same key within the dedupe window returns the first offset
   * @throws EverwireError `invalid`, `too_big`: nothing was published; whatever the broker throws
   */
  publish<N extends ChannelName<C>, E extends keyof EventsOf<C, N> & string>(
    channel: N,
    event: E,
    data: EventsOf<C, N>[E],
    options?: { idempotencyKey?: string | undefined },
  ): Promise<{ offset: number }>
  /** Ends the subscriptions of a user, or of everyone, to a channel. A client that subscribes again asks the hook again. */
  unsubscribe(which: { user?: string | undefined; channel: ChannelName<C> }): void
  /** Ends every connection of a user, for good: the client does not come back by itself. */
  kick(which: { user: string }): void
  /** What is and what has been, in numbers. */
  stats(): Stats
  /**
   * Says good-bye to every client and frees everything. Sends under way are settled first. Close the HTTP server yourself.
   *
   * @param options `drain`: over how many ms the clients are to come back. Default 0: at once
   */
  close(options?: { drain?: number | undefined }): Promise<void>
}

export const commandsOf = ({ publish, unsubscribe, kick, stats, close }: Core) => ({
  publish,
  unsubscribe,
  kick,
  stats,
  close,
})
