import { createEmitter } from '../shared/emitter'

/** A state that others may look at, but not touch. */
export interface Store<T> {
  /** A frozen snapshot; the same object until something changes. */
  readonly state: T
  /** Calls back on each change; returns its end. */
  watch(listener: (state: T) => void): () => void
}

/** Changes a store. With `soon`, its watchers hear of all changes of a turn at once, at its end. */
export type Set<T> = (next: T, soon?: boolean) => void

export function createStore<T extends object>(state: T): [Store<T>, Set<T>] {
  const watchers = createEmitter<[T]>()
  let told: T

  function tell(): void {
    if (told !== state) watchers.emit((told = state))
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
