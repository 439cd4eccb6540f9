import type { Data } from '../protocol/frames'
import { EverwireError } from '../shared/errors'
import { isDeeper, isName } from './check'
import type { ServerContext } from './context'
import { measured } from './publishing'

/** A publish by the server itself: no hook is asked. */
export type Announce = (
  channel: string,
  event: string,
  data: Data,
  options?: { idempotencyKey?: string | undefined },
) => Promise<{ offset: number }>

export function createAnnouncer({ broker, channels, counters, hash, limits }: ServerContext): Announce {
  function sizeOf(data: Data): number {
    const report = (cause: unknown) => {
      throw rejected('invalid', 'data must be JSON or a Uint8Array', cause)
    }
    return measured({ report }, data) ?? 0
  }

  return async (channel, event, data, { idempotencyKey } = {}) => {
    if (!isName(channel) || !isName(event)) {
      throw rejected('invalid', 'channel and event: 1–128 of A–Z a–z 0–9 _ - . : @ # /')
    }
    const match = channels.match(channel)
    if (!match) throw rejected('invalid', 'no pattern of `channels` matches this channel')
    const size = sizeOf(data)
    if (size > limits.messageBytes) throw rejected('too_big', `at most ${limits.messageBytes} bytes`)
    if (isDeeper(data, limits.depth, size)) throw rejected('invalid', `at most ${limits.depth} levels deep`)
    // a key is any text; a sender's id is a short one that no client can have
    const id = idempotencyKey === undefined ? undefined : `#${hash(idempotencyKey).slice(0, 22)}`
    const sender = id === undefined ? undefined : { id, n: 1, age: undefined }
    const { history } = match.route
    const result = await broker.publish({ channel, event, data, meta: undefined, sender, history })
    if (result.kind !== 'accepted') throw new EverwireError('unknown', 'nobody can know', { outcome: 'unknown' })
    if (!result.duplicate) counters.accepted++
    return { offset: result.offset }
  }
}

function rejected(code: string, message: string, cause?: unknown): EverwireError {
  return new EverwireError(code, message, { outcome: 'rejected', ...(cause !== undefined && { cause }) })
}
