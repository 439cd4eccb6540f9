import type { Scheduler } from './scheduler'

/** Something that can be shut: what comes meanwhile waits in order, and goes through one by one when it opens. */
export interface Gate {
  pass(run: () => void): void
  set(open: boolean): void
  readonly open: boolean
  /** Nothing passes any more, not even what waits. */
  kill(): void
}

export function createGate(scheduler: Scheduler, initially = true): Gate {
  let open = initially
  let dead = false
  let flowing = false
  let waiting: (() => void)[] = []

  function flow(): void {
    if (!open || flowing || waiting.length === 0) return
    flowing = true
    scheduler.after(0, () => {
      flowing = false
      if (!open || dead) return
      waiting.shift()?.()
      flow()
    })
  }

  return {
    pass(run) {
      if (dead) return
      if (open && waiting.length === 0) run()
      else waiting.push(run)
    },
    set(next) {
      open = next
      flow()
    },
    get open() {
      return open
    },
    kill() {
      dead = true
      waiting = []
    },
  }
}
