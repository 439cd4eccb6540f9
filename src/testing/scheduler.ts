/** Virtual time: what is to happen, in order. Nothing happens by itself. */
export interface Scheduler {
  /** ms since the beginning. */
  readonly now: number
  /** Runs `run` after `ms`; of two at the same time, the one that was asked for first. The function returned cancels it. */
  after(ms: number, run: () => void): () => void
  /** Lets time pass until `time`. Between two events every promise that can go on goes on. */
  run(time: number): Promise<void>
  /** Lets time pass at once, before anything is planned. */
  skip(ms: number): void
  /** Events that have happened. */
  readonly count: number
}

/** More than this in one run is a loop that would never end. */
const mostEvents = 200_000

interface Entry {
  readonly at: number
  readonly order: number
  run: (() => void) | undefined
}

/**
 * @param later calls back once every promise that can go on has gone on
 */
export function createScheduler(later: (run: () => void) => void): Scheduler {
  const heap: Entry[] = []
  let now = 0
  let order = 0
  let count = 0

  const before = (a: Entry, b: Entry) => a.at < b.at || (a.at === b.at && a.order < b.order)

  function push(entry: Entry): void {
    let place = heap.push(entry) - 1
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (before(heap[parent] as Entry, entry)) break
      heap[place] = heap[parent] as Entry
      place = parent
    }
    heap[place] = entry
  }

  function pop(): void {
    const last = heap.pop() as Entry
    if (heap.length === 0) return
    let place = 0
    for (;;) {
      let child = 2 * place + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as Entry, heap[child] as Entry)) child++
      if (before(last, heap[child] as Entry)) break
      heap[place] = heap[child] as Entry
      place = child
    }
    heap[place] = last
  }

  /** False once there is nothing more until `time`. */
  function step(time: number, most: number): boolean {
    for (;;) {
      const first = heap[0]
      if (!first || first.at > time) {
        now = Math.max(now, time)
        return false
      }
      pop()
      if (!first.run) continue
      now = first.at
      if (++count > most) throw new Error(`${mostEvents} events, and it is only ${now.toFixed(0)}: something runs hot`)
      first.run()
      return true
    }
  }

  return {
    get now() {
      return now
    },
    get count() {
      return count
    },
    after(ms, run) {
      const entry: Entry = { at: now + Math.max(0, ms), order: order++, run }
      push(entry)
      return () => {
        entry.run = undefined
      }
    },
    skip(ms) {
      if (heap.length === 0) now += ms
    },
    run: (time) =>
      new Promise((resolve, reject) => {
        const most = count + mostEvents
        const turn = () => {
          try {
            if (step(time, most)) later(turn)
            else resolve()
          } catch (error) {
            reject(error)
          }
        }
        later(turn)
      }),
  }
}
