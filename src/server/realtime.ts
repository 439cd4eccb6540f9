import type { Server } from 'node:http'
import type { ChannelName, EventsOf, UntypedContract } from '../shared/contract'
import type { WithContract } from '../shared/runtime-contract'
import { createCore } from './core'
import { attachTo } from './node/attach'
import { nodePlatform } from './node/platform'
import type { RealtimeOptions } from './options'
import type { Stats } from './stats'

/** A realtime server. Its sessions and logs live in it, not in the HTTP servers it is attached to. */
export interface Realtime<C = UntypedContract> {
  /**
   * Answers `path` of a `node:http` server, WebSocket upgrades and POSTs; whatever else the server does stays as it is.
   *
   * @example const detach = realtime.attach(server, { path: '/realtime' })
   * @returns lets go of the server again
   */
  attach(server: Server, options: { path: string }): () => void
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

/**
 * Makes a realtime server.
 *
 * @example
 * const realtime = createRealtime<Chat>({
 *   authenticate: ({ token }) => verify(token),
 *   channels: { 'room:{id}': { publish: ({ user, data }) => ({ ...data, from: user.name }) } },
 * })
 * realtime.attach(server, { path: '/realtime' })
 *
 * @throws EverwireError `invalid` for options that make no sense, with the reason
 */
export function createRealtime<
  C = UntypedContract,
  // With the contract given TypeScript infers nothing more, and hooks have to be able to use their user.
  // biome-ignore lint/suspicious/noExplicitAny: the author of `authenticate` knows; `createRealtime<Chat, User>` says it
  User = any,
>(options: RealtimeOptions<NoInfer<C>, User> & WithContract<C> = {}): Realtime<C> {
  const core = createCore(nodePlatform, options as unknown as Parameters<typeof createCore>[1])
  const detaches = new Set<() => void>()
  return {
    attach(server, { path }) {
      const detach = attachTo(core, server, path)
      detaches.add(detach)
      return () => {
        detaches.delete(detach)
        detach()
      }
    },
    publish: core.publish,
    unsubscribe: core.unsubscribe,
    kick: core.kick,
    stats: core.stats,
    async close(closing) {
      await core.close(closing)
      for (const detach of detaches) detach()
      detaches.clear()
    },
  }
}
