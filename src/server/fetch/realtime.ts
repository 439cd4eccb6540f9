import type { UntypedContract } from '../../shared/contract'
import type { WithContract } from '../../shared/runtime-contract'
import { commandsOf, type RealtimeCommands } from '../commands'
import { createCore } from '../core'
import type { Host } from '../hosts'
import { nodePlatform } from '../node/platform'
import type { RealtimeOptions } from '../options'

/** A realtime server without a host: one of the handlers of this entry carries it. */
export interface FetchRealtime<C = UntypedContract> extends RealtimeCommands<C> {
  /** What a handler drives. */
  readonly host: Host
}

/**
 * Makes a realtime server for runtimes whose HTTP server takes a `Request` and returns a `Response`. Sessions and logs live in its memory:
 * all connections have to come to one process (in workerd: one Durable Object).
 *
 * @example
 * const live = bunHandler(createRealtime<Chat>({ channels: { 'room:{id}': { publish: () => true } } }))
 * Bun.serve({ port: 8080, fetch: live.fetch, websocket: live.websocket })
 *
 * @throws EverwireError `invalid` for options that make no sense, with the reason
 */
export function createRealtime<
  C = UntypedContract,
  // as in `everwire/server`
  // biome-ignore lint/suspicious/noExplicitAny: the author of `authenticate` knows; `createRealtime<Chat, User>` says it
  User = any,
>(options: RealtimeOptions<NoInfer<C>, User> & WithContract<C> = {}): FetchRealtime<C> {
  const core = createCore(nodePlatform, options as unknown as Parameters<typeof createCore>[1])
  return { host: core, ...commandsOf(core) }
}
