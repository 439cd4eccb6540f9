import type { Conditions, Path, Wire } from './path'
import { noHttpFaults } from './path'
import type { Platform } from './platform'
import type { TestNetwork } from './types'

/** One client's way to the server. */
export interface Way {
  readonly path: Path
  readonly platform: Platform
}

/** Nothing takes time and nothing goes wrong. */
export const perfect: Readonly<Conditions> = Object.freeze({
  latency: 0,
  jitter: 0,
  dial: 'ok',
  youngCut: undefined,
  holdCut: undefined,
  offline: false,
  http: noHttpFaults,
})

/**
 * @param ways those it is about, as of now
 * @param changed gets each lasting change
 */
export function createNetwork(ways: () => Iterable<Way>, changed: (change: Partial<Conditions>) => void): TestNetwork {
  function set(change: Partial<Conditions>): void {
    for (const { path } of ways()) Object.assign(path.conditions, change)
    changed(change)
  }

  function cut(tells: 'both' | 'nobody', which: (wire: Wire) => boolean = () => true): void {
    for (const { path } of ways()) for (const wire of [...path.wires].filter(which)) wire.cut(tells)
  }

  /** After whatever was done before has arrived: a browser's event comes when its sockets are gone. */
  function hint(what: 'up' | 'down'): void {
    for (const { path, platform } of ways()) {
      path.scheduler.after(0, () => path.scheduler.after(0, () => path.machine.take(() => platform.hint(what))))
    }
  }

  return {
    drop: () => cut('both'),
    halfOpen: () => cut('nobody'),
    delay: (latency) => set({ latency: positive(latency) }),
    blockWebSocket(how = 'refuse') {
      set({ dial: how })
      cut('both', ({ kind }) => kind === 'websocket')
    },
    allowWebSocket: () => set({ dial: 'ok' }),
    offline() {
      set({ offline: true })
      cut('both')
      hint('down')
    },
    online() {
      set({ offline: false })
      hint('up')
    },
  }
}

/** A number of ms. NaN would stop the clock without a word. */
export function positive(ms: number): number {
  if (ms >= 0 && ms < Number.POSITIVE_INFINITY) return ms
  throw new RangeError(`${ms} is no number of ms`)
}
