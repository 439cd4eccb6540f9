export interface Emitter<Args extends unknown[]> {
  /** Adds a listener. The function returned takes it out again and says whether it was there. The same function twice is two listeners. */
  on(listener: (...args: Args) => void): () => boolean
  /** Says whether there was anyone. */
  emit(...args: Args): boolean
}

/**
 * A list of listeners. One that throws never stops the others: its error goes to the platform, where error trackers see it.
 *
 * @example
 * const clicks = createEmitter<[number]>()
 * const off = clicks.on((x) => draw(x))
 * clicks.emit(42)
 * off()
 */
export function createEmitter<Args extends unknown[]>(): Emitter<Args> {
  const listeners = new Set<[(...args: Args) => void]>()
  return {
    on(run) {
      const entry: [typeof run] = [run]
      listeners.add(entry)
      return () => listeners.delete(entry)
    },
    emit(...args) {
      // who comes meanwhile hears the next one
      for (const [run] of [...listeners]) {
        try {
          run(...args)
        } catch (error) {
          report(error)
        }
      }
      return listeners.size > 0
    },
  }
}

/** Hands a listener's error to the platform without stopping the caller. Never ends a Node process. */
export function report(error: unknown): void {
  try {
    reportError(error)
  } catch {
    console.error(error)
  }
}
