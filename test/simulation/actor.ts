import type { Client } from '../../src/client/api'
import { composeClient } from '../../src/client/client'
import type { ClientOptions } from '../../src/client/types'
import type { Hint } from '../../src/environment/environment'
import type { UntypedContract } from '../../src/shared/contract'
import { EverwireError } from '../../src/shared/errors'
import type { Path } from '../../src/testing/path'
import { createPlatform } from '../../src/testing/platform'
import { createPollingTransport } from '../../src/transports/polling'
import { createWebSocketTransport } from '../../src/transports/websocket'
import { type Books, type Join, nameOf, type Outcome, type Sent } from './books'
import type { Host } from './host'

/** A client and the app that uses it. */
export interface Actor {
  readonly name: string
  readonly path: Path
  readonly client: Client
  /** Channels it listens to now. */
  readonly joins: ReadonlyMap<string, Join>
  hint(hint: Hint): void
  join(channel: string, rewind: number): void
  leave(channel: string): void
  publish(channel: string, data: unknown, options?: { echo?: boolean; timeout?: number; abortAfter?: number }): void
  volatile(channel: string, data: unknown): void
  request(channel: string, data: unknown, options?: { timeout?: number; abortAfter?: number }): void
  close(): void
}

export function createActor(path: Path, host: Host, books: Books, options: Partial<ClientOptions>): Actor {
  const { scheduler, machine, name } = path
  const { clock } = machine
  const { environment, hint } = createPlatform(path, host)
  const table = { websocket: createWebSocketTransport, polling: createPollingTransport }
  const client: Client = composeClient<UntypedContract>(environment, table, {
    url: 'http://server/realtime',
    ...options,
  })
  const joins = new Map<string, Join>()
  const offs = new Map<string, () => void>()
  const rewinds = new Map<string, number>()
  let order = 0
  let closed = false

  client.watch(({ status, transport, error }) => {
    path.trace(
      `is ${status}${transport ? ` over ${transport}` : ''}${error ? ` (${error.code}: ${error.message})` : ''}`,
    )
    if (status !== 'closed' || closed) return
    // what an app does about a fatal refusal: it asks its user to sign in, and tries again
    clock.timer(500, () => !closed && client.connect())
  })

  function settle(sent: Sent, promise: Promise<unknown>): void {
    const note = (outcome: Outcome) => {
      path.trace(() => `${sent.id} settled: ${outcome.result} ${outcome.code || outcome.offset}`)
      sent.outcomes.push(outcome)
    }
    promise.then(
      (value) => {
        const offset = sent.kind === 'publish' ? (value as { offset: number }).offset : undefined
        note({ result: 'ok', code: '', offset, reply: sent.kind === 'request' ? value : undefined })
      },
      (error: unknown) => {
        if (!(error instanceof EverwireError)) books.problems.push(`${sent.id} failed with ${error}`)
        const { code = '', outcome = 'none' } = error as EverwireError
        note({ result: outcome, code, offset: undefined, reply: undefined })
      },
    )
  }

  function sent(kind: Sent['kind'], channel: string, id: string): Sent {
    const entry: Sent = { client: name, channel, id, kind, order: order++, outcomes: [] }
    books.sent.push(entry)
    return entry
  }

  function signalAfter(ms: number | undefined): AbortSignal | undefined {
    if (ms === undefined) return undefined
    const controller = new AbortController()
    clock.timer(ms, () => controller.abort())
    return controller.signal
  }

  function listen(channel: string, rewind: number): void {
    const named = client.channel(channel, rewind ? { rewind } : {})
    const most = Math.max(rewind, rewinds.get(channel) ?? 0) // options of one channel merge
    rewinds.set(channel, most)
    const join: Join = {
      client: name,
      channel,
      rewind: most,
      at: scheduler.now,
      joinedAt: undefined,
      ended: false,
      heard: [],
    }
    books.joins.push(join)
    joins.set(channel, join)
    const now = () => scheduler.now
    const undo = [
      named.onGap(({ reason, missed }) => {
        path.trace(() => `hears of a gap in ${channel}: ${reason}, ${missed}`)
        join.heard.push({ type: 'gap', reason, at: now() })
      }),
      named.onDrop(({ code, retryAt }) => {
        path.trace(() => `was dropped from ${channel}: ${code}`)
        if (retryAt === undefined) leave(channel)
      }),
      named.watch(({ status }) => {
        if (status === 'joined') join.joinedAt ??= now()
      }),
      named.on('e', (data, { offset }) => {
        const id = nameOf(data)
        path.trace(() => `hears ${id} at ${offset} in ${channel}`)
        if (offset === 0) {
          if (!books.volatile.has(id)) books.problems.push(`${name} heard ${id} at offset 0`)
        } else if (join.ended) books.problems.push(`${name} heard ${id} after it left`)
        else join.heard.push({ type: 'event', id, offset, at: now() })
      }),
    ]
    offs.set(channel, () => {
      for (const off of undo) off()
    })
  }

  function leave(channel: string): void {
    const join = joins.get(channel)
    if (!join) return
    path.trace(() => `leaves ${channel}`)
    joins.delete(channel)
    offs.get(channel)?.()
    client.channel(channel).leave()
    join.ended = true
  }

  return {
    name,
    path,
    client,
    joins,
    hint,
    join(channel, rewind) {
      if (joins.has(channel)) return
      path.trace(() => `joins ${channel}`)
      // it may be asked for while the client is closed
      try {
        listen(channel, rewind)
      } catch (error) {
        if ((error as EverwireError).code === 'invalid') books.problems.push(`join: ${error}`)
        const failed = joins.get(channel)
        if (failed) failed.ended = true
        joins.delete(channel)
      }
    },
    leave,
    publish(channel, data, { echo, timeout, abortAfter } = {}) {
      const id = nameOf(data)
      path.trace(() => `publishes ${id} in ${channel}`)
      settle(
        sent('publish', channel, id),
        client.channel(channel).publish('e', data, { echo, timeout, signal: signalAfter(abortAfter) }),
      )
    },
    volatile(channel, data) {
      books.volatile.add(nameOf(data))
      client.channel(channel).publish('e', data, { volatile: true })
    },
    request(channel, data, { timeout, abortAfter } = {}) {
      const id = nameOf(data)
      path.trace(() => `requests ${id} in ${channel}`)
      settle(
        sent('request', channel, id),
        client.channel(channel).request('ask', data, { timeout, signal: signalAfter(abortAfter) }),
      )
    },
    close() {
      closed = true
      for (const off of offs.values()) off()
      client.close()
    },
  }
}
