/** One thing's place in an order of use. */
export interface Place<T> {
  readonly item: T
  older: Place<T> | undefined
  newer: Place<T> | undefined
  isIn: boolean
}

/**
 * Things in the order of their last use, least recent first. A `Map` could keep it, too, but would hash a key twice for each use and leave
 * holes behind; this moves four references.
 *
 * @example
 * const order = createRecency<Log>()
 * const place = placeOf(log)
 * order.use(place)
 * order.oldest()?.item // log
 */
export function createRecency<T>() {
  let oldest: Place<T> | undefined
  let newest: Place<T> | undefined

  function leave(place: Place<T>): void {
    if (!place.isIn) return
    const { older, newer } = place
    if (older) older.newer = newer
    else oldest = newer
    if (newer) newer.older = older
    else newest = older
    place.older = undefined
    place.newer = undefined
    place.isIn = false
  }

  return {
    /** It is the most recent from now on. */
    use(place: Place<T>): void {
      if (place === newest) return
      leave(place)
      place.older = newest
      if (newest) newest.newer = place
      else oldest = place
      newest = place
      place.isIn = true
    },
    leave,
    oldest: () => oldest,
    clear(): void {
      oldest = undefined
      newest = undefined
    },
  }
}

export const placeOf = <T>(item: T): Place<T> => ({ item, older: undefined, newer: undefined, isIn: false })
