/** The newest `most` of what is pushed; the oldest make room. */
export interface Ring<T> {
  push(value: T): void
  /** Oldest first. */
  readonly all: readonly T[]
  readonly last: T | undefined
}

/** The newest of `values` that fits. */
export function newest<T>(values: readonly T[], fits: (value: T) => boolean): T | undefined {
  for (let i = values.length - 1; i >= 0; i--) if (fits(values[i] as T)) return values[i]
  return undefined
}

export function createRing<T>(most: number): Ring<T> {
  let values: T[] = []
  return {
    push(value) {
      // in one go now and then: shifting a long array with each push would cost more than the push
      if (values.length >= 2 * most) values = values.slice(-most)
      values.push(value)
    },
    get all() {
      return values.length > most ? values.slice(-most) : values
    },
    get last() {
      return values.at(-1)
    },
  }
}
