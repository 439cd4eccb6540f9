import { createEmitter } from '../shared/emitter'

/** A state that others may look at, but not touch. */
export interface Store<T> {
  /** A frozen snapshot; the same object until something changes. */
  readonly state: T
  watch(listener: (state: T) => void): () => void
}

/** With `soon`, watchers hear of all changes of a turn at its end, as of one. */
export type Change<T> = (next: T, soon?: boolean) => void

/** What the snapshots of the client and of each channel are kept in. */
export function createStore<T extends object>(state: T): [Store<T>, Change<T>] {
  const watchers = createEmitter<[T]>()
  let told: T

  function tell(): void {
    if (told === state) return
    told = state
    watchers.emit(state)
  }

  function set(next: T, soon?: boolean): void {
    state = Object.freeze(next)
    if (soon) queueMicrotask(tell)
    else tell()
  }

  set(state)
  return [
    {
      get state() {
        return state
      },
      watch: watchers.on,
    },
    set,
  ]
}
