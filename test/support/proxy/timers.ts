/** Timers that are all gone after `clear()`. */
export function createTimers() {
  const running = new Set<NodeJS.Timeout>()
  return {
    /** Runs once, in `ms`; what it returns cancels it. */
    after(ms: number, run: () => void): () => void {
      const timer = setTimeout(() => {
        running.delete(timer)
        run()
      }, ms)
      running.add(timer)
      return () => {
        clearTimeout(timer)
        running.delete(timer)
      }
    },
    clear(): void {
      for (const timer of running) clearTimeout(timer)
      running.clear()
    },
    get size() {
      return running.size
    },
  }
}

export type Timers = ReturnType<typeof createTimers>

/** Runs what is pushed after a delay, and in the order of the pushes even when the delay shrinks meanwhile. */
export function createLag(timers: Timers, delay: () => number) {
  const queue: { due: number; run: () => void }[] = []

  function wait(): void {
    const first = queue[0]
    if (first) timers.after(Math.max(0, Math.ceil(first.due - performance.now())), runFirst)
  }

  function runFirst(): void {
    // node's timers may be a millisecond early; a network never is
    if (queue[0] && queue[0].due > performance.now()) return wait()
    queue[0]?.run()
    queue.shift()
    wait()
  }

  return {
    push(run: () => void): void {
      const ms = delay()
      if (ms === 0 && queue.length === 0) return run()
      queue.push({ due: performance.now() + ms, run })
      if (queue.length === 1) wait()
    },
  }
}

export type Lag = ReturnType<typeof createLag>
