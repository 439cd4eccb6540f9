export interface Emitter<Args extends unknown[]> {
  /** Adds a listener; the function returned takes it out again. Adding the same function twice makes two listeners. */
  on(listener: (...args: Args) => void): () => void
  emit(...args: Args): void
  readonly size: number
  clear(): void
}

/**
 * A list of listeners. One that throws never stops the others: its error goes to `fail`,
 * by default to the platform, where error trackers see it.
 *
 * @example
 * const clicks = createEmitter<[number]>()
 * const off = clicks.on((x) => draw(x))
 * clicks.emit(42)
 * off()
 */
export function createEmitter<Args extends unknown[]>(fail: (error: unknown) => void = report): Emitter<Args> {
  let listeners: { run: (...args: Args) => void }[] = []
  return {
    on(run) {
      const entry = { run }
      listeners = [...listeners, entry]
      return () => {
        listeners = listeners.filter((other) => other !== entry)
      }
    },
    emit(...args) {
      for (const entry of listeners) {
        try {
          entry.run(...args)
        } catch (error) {
          fail(error)
        }
      }
    },
    get size() {
      return listeners.length
    },
    clear() {
      listeners = []
    },
  }
}

/** Hands a listener's error to the platform without stopping the caller. Never ends a Node process. */
export function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error)
  else console.error(error)
}
