import type { Broker, ReadResult, StoredEvent } from './broker'
import type { Hub, Tailer } from './hub'
import { binaryOf, line, type Outlet, type StoredMeta } from './outlet'

/**
 * One connection's position in one channel. It keeps no events: what it has not got yet is in the history.
 * There are more of them than of anything else; so it is a record, and what it does are functions.
 */
export interface Subscription {
  readonly hub: Hub<Subscription>
  readonly broker: Broker
  readonly tailer: Tailer<Subscription>
  readonly outlet: Outlet
  /** The cursor: the events after it are delivered. */
  epoch: string
  offset: number
  /** Public id of the reader. */
  readonly id: string
  /** It has caught up, or stopped because the outlet is full. */
  settled(): void
  /** The broker fails. */
  failed(error: unknown): void
  /** Events wait for it. */
  behind: boolean
  reading: boolean
  /** The reader was too slow at some time since it was last up to date. */
  slow: boolean
  over: boolean
}

/** Most events of one read. */
const readEvents = 256

/** Begins to read. */
export function subscribe(
  options: Pick<
    Subscription,
    'hub' | 'broker' | 'tailer' | 'outlet' | 'epoch' | 'offset' | 'id' | 'settled' | 'failed'
  >,
): Subscription {
  const { hub, broker, tailer, outlet, epoch, offset, id, settled, failed } = options
  const subscription: Subscription = {
    hub,
    broker,
    tailer,
    outlet,
    epoch,
    offset,
    id,
    settled,
    failed,
    behind: epoch !== tailer.epoch || offset !== tailer.top,
    reading: false,
    slow: false,
    over: false,
  }
  hub.add(tailer, subscription)
  resume(subscription)
  return subscription
}

/** Goes on after the outlet was full. */
export function resume(subscription: Subscription): void {
  if (subscription.behind) void catchUp(subscription)
}

export function unsubscribe(subscription: Subscription): void {
  subscription.over = true
  subscription.hub.remove(subscription.tailer, subscription)
}

/** The newest event of the channel; it is also the last of `tailer.recent`. */
export function wake(subscription: Subscription, event: StoredEvent): void {
  const { behind, epoch, offset, tailer, outlet } = subscription
  if (behind) return
  if (event.offset === offset + 1 && epoch === tailer.epoch && !outlet.full()) return deliver(subscription, event)
  if (isCurrent(subscription)) return
  subscription.behind = true
  void catchUp(subscription)
}

/** An event that has no place in the stream. */
export function pass({ behind, outlet }: Subscription, text: string, bytes: Uint8Array<ArrayBuffer> | undefined): void {
  if (!behind && !outlet.full()) outlet.write(text, bytes, true)
}

const isCurrent = ({ epoch, offset, tailer }: Subscription) => epoch === tailer.epoch && offset === tailer.top

function deliver(subscription: Subscription, event: StoredEvent): void {
  const { id, outlet, tailer } = subscription
  subscription.offset = event.offset
  const { e, f }: StoredMeta = event.meta ?? {}
  if (e === 0 && f?.startsWith(`${id}:`)) outlet.write(line(['v', tailer.channel, event.offset]), undefined, true)
  else outlet.write(event.text, binaryOf(tailer.channel, event), true)
}

/** Reads from where it stands until there is nothing more, or the outlet is full. Others get their turn between two reads. */
async function catchUp(subscription: Subscription): Promise<void> {
  if (subscription.reading || subscription.over) return
  subscription.reading = true
  try {
    while (!subscription.over && !isDone(subscription)) await readOn(subscription)
  } catch (error) {
    if (!subscription.over) subscription.failed(error)
  } finally {
    subscription.reading = false
  }
  if (!subscription.over) subscription.settled()
}

async function readOn(subscription: Subscription): Promise<void> {
  const { broker, outlet, tailer, epoch, offset: start } = subscription
  const [seenEpoch, seenTop] = [tailer.epoch, tailer.top]
  const events = recent(subscription)
  if (events) await Promise.resolve()
  const result = events
    ? undefined
    : await broker.read(tailer.channel, [epoch, start], { messages: readEvents, bytes: outlet.share })
  if (subscription.over) return
  for (const event of events ?? result?.events ?? []) {
    if (outlet.full()) break
    if (event.offset === subscription.offset + 1) deliver(subscription, event)
  }
  if (result?.gap) return jump(subscription, result)
  // nothing there, and nothing came meanwhile: what the tailer has heard of is gone; the next event will tell
  const isStill = seenEpoch === tailer.epoch && seenTop === tailer.top
  if (subscription.offset === start && !outlet.full() && isStill) subscription.behind = false
}

function isDone(subscription: Subscription): boolean {
  if (isCurrent(subscription)) {
    subscription.behind = false
    subscription.slow = false
  }
  if (subscription.behind && subscription.outlet.full()) subscription.slow = true
  return !subscription.behind || subscription.outlet.full()
}

/** What the tailer still has of the events that come next, cut to a fair share. */
function recent({ tailer, epoch, offset, outlet }: Subscription): readonly StoredEvent[] | undefined {
  const oldest = tailer.recent[0]?.offset
  if (epoch !== tailer.epoch || oldest === undefined || oldest > offset + 1 || offset >= tailer.top) return undefined
  let bytes = 0
  const from = offset + 1 - oldest
  let to = from
  while (to < tailer.recent.length && (to === from || bytes <= outlet.share))
    bytes += tailer.recent[to++]?.text.length ?? 0
  return tailer.recent.slice(from, to)
}

function jump(subscription: Subscription, { epoch: next, top, gap }: ReadResult): void {
  if (!gap) return
  const { epoch, offset, outlet, slow, tailer } = subscription
  const reason = slow && gap.reason === 'trimmed' ? 'overload' : gap.reason
  outlet.write(line(['g', tailer.channel, [next, top], reason, gap.missed, [epoch, offset]]))
  subscription.epoch = next
  subscription.offset = top
}
