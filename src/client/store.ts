import { createEmitter } from '../shared/emitter'

/** A state that others may look at, but not touch. */
export interface Store<T> {
  /** A frozen snapshot; the same object until something changes. */
  readonly state: T
  watch(listener: (state: T) => void): () => void
}

/** Without `next`, what `complete` adds has changed: who looks sees it, and watchers hear of all changes of a turn at its end, as of one. */
export type Change<Own> = (next?: Own) => void

/**
 * What the snapshots of the client and of each channel are kept in.
 *
 * @param complete adds to the store's own state what others own
 */
export function createStore<T extends Own, Own extends object = T>(
  initial: T,
  complete: (own: Own) => T = (own) => own as T,
): [Store<T>, Change<Own>] {
  const watchers = createEmitter<[T]>()
  let own: Own = initial
  let state: T | undefined = Object.freeze(initial)
  let told: T = state

  const look = () => (state ??= Object.freeze(complete(own)))

  function tell(): void {
    if (told === look()) return
    told = look()
    watchers.emit(told)
  }

  return [
    {
      get state() {
        return look()
      },
      watch: watchers.on,
    },
    (next) => {
      if (!next && state) queueMicrotask(tell)
      own = next ?? state ?? own // the last snapshot is the cheaper one to copy: it has all keys
      state = undefined
      if (next) tell()
    },
  ]
}
