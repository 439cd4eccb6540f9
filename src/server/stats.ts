import type { BrokerStats } from './broker'

/** Running totals of one server. */
export interface Counters {
  readonly connections: { websocket: number; polling: number }
  accepted: number
  delivered: number
  volatile: number
  requests: number
  bytesIn: number
  bytesOut: number
  readonly refusals: Map<string, number>
}

/** A snapshot: totals since the server was made, except where it says otherwise. Names no channel and no user. */
export interface Stats {
  /** Open now. */
  readonly connections: { readonly websocket: number; readonly polling: number }
  /** Sessions remembered now, connected or not. */
  readonly sessions: number
  /** Channels followed now. */
  readonly channels: number
  /** Events accepted into a log, and frames delivered to subscribers. */
  readonly events: { readonly accepted: number; readonly delivered: number; readonly volatile: number }
  /** Requests whose handler ran. */
  readonly requests: number
  /** Characters of messages received and sent. */
  readonly bytes: { readonly in: number; readonly out: number }
  /** Refusals of connections, subscriptions and sends, by code. */
  readonly refusals: Readonly<Record<string, number>>
  readonly broker: BrokerStats
}

export function createCounters(): Counters {
  return {
    connections: { websocket: 0, polling: 0 },
    accepted: 0,
    delivered: 0,
    volatile: 0,
    requests: 0,
    bytesIn: 0,
    bytesOut: 0,
    refusals: new Map(),
  }
}

export function refused(counters: Counters, code: string): void {
  // codes of an application's own errors are counted too, but not without end
  const key = counters.refusals.size < 256 || counters.refusals.has(code) ? code : 'other'
  counters.refusals.set(key, (counters.refusals.get(key) ?? 0) + 1)
}

export function snapshot(counters: Counters, sessions: number, channels: number, broker: BrokerStats): Stats {
  const { connections, accepted, delivered, volatile, requests, bytesIn, bytesOut, refusals } = counters
  return {
    connections: { ...connections },
    sessions,
    channels,
    events: { accepted, delivered, volatile },
    requests,
    bytes: { in: bytesIn, out: bytesOut },
    refusals: Object.fromEntries(refusals),
    broker,
  }
}
