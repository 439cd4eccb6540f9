import type { Server } from 'node:http'
import type { UntypedContract } from '../shared/contract'
import type { WithContract } from '../shared/runtime-contract'
import { commandsOf, type RealtimeCommands } from './commands'
import { createCore } from './core'
import { attachTo } from './node/attach'
import { nodePlatform } from './node/platform'
import type { RealtimeOptions } from './options'

/** A realtime server. Its sessions and logs live in it, not in the HTTP servers it is attached to. */
export interface Realtime<C = UntypedContract> extends RealtimeCommands<C> {
  /**
   * Answers `path` of a `node:http` server, WebSocket upgrades and POSTs; whatever else the server does stays as it is.
   *
   * @example const detach = realtime.attach(server, { path: '/realtime' })
   * @returns lets go of the server again
   */
  attach(server: Server, options: { path: string }): () => void
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
    ...commandsOf(core),
    async close(closing) {
      await core.close(closing)
      for (const detach of detaches) detach()
      detaches.clear()
    },
  }
}
