import type { Failure } from './rules'

export type FaultName = Failure | 'silence' | 'idle' | 'truncate' | 'duplicate' | 'delay' | 'portal'

/** What happened, with the number of the connection it happened on. */
export type ProxyEvent = { readonly at: number; readonly connection: number } & (
  | { readonly type: 'connection' }
  | { readonly type: 'request'; readonly method: string; readonly url: string }
  | { readonly type: 'answer'; readonly status: number; readonly by: 'target' | 'proxy' }
  | { readonly type: 'upgrade'; readonly url: string; readonly outcome: UpgradeOutcome }
  | { readonly type: 'fault'; readonly fault: FaultName }
  | { readonly type: 'closed'; readonly by: 'client' | 'target' | 'proxy' }
)

export type UpgradeOutcome = 'opened' | 'refused' | 'stripped' | 'hung'
type Type = ProxyEvent['type']
type Of<T extends Type> = Extract<ProxyEvent, { type: T }>
type Told<E> = E extends unknown ? Omit<E, 'at'> : never

/** The log of a proxy: kept whole, and awaited type by type. */
export function createEventLog() {
  const started = performance.now()
  const log: ProxyEvent[] = []
  const taken = new Map<Type, number>()
  const waiting: { type: Type; take: (event: ProxyEvent) => void }[] = []

  const ofType = <T extends Type>(type: T) => log.filter((event): event is Of<T> => event.type === type)
  const takeOne = (type: Type) => taken.set(type, (taken.get(type) ?? 0) + 1)

  return {
    tell(event: Told<ProxyEvent>): void {
      const told = { at: performance.now() - started, ...event } as ProxyEvent
      log.push(told)
      const index = waiting.findIndex(({ type }) => type === told.type)
      if (index < 0) return
      takeOne(told.type)
      waiting.splice(index, 1)[0]?.take(told)
    },
    /** The first of this type that was not taken yet; waits for it. */
    next<T extends Type>(type: T): Promise<Of<T>> {
      const event = ofType(type)[taken.get(type) ?? 0]
      if (!event) return new Promise((resolve) => waiting.push({ type, take: resolve as (event: ProxyEvent) => void }))
      takeOne(type)
      return Promise.resolve(event)
    },
    /** All so far, or all of one type. */
    all: ((type?: Type) => (type ? ofType(type) : [...log])) as {
      (): ProxyEvent[]
      <T extends Type>(type: T): Of<T>[]
    },
  }
}

export type EventLog = ReturnType<typeof createEventLog>
