/** No step takes longer than this, ms, or it has failed. */
const patience = 40_000

/** Resolves once the state of something that can be watched is right. */
export function until(watched, isRight) {
  return new Promise((resolve) => {
    let stop = () => {}
    const look = () => {
      if (!isRight(watched.state)) return
      stop()
      resolve()
    }
    stop = watched.watch(look)
    look()
  })
}

/** Its timer is cleared: a process is to end by itself as soon as everything is closed. */
export function within(promise, ms = patience) {
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${ms} ms`)), ms)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

export function equal(actual, expected) {
  const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)]
  if (is !== should) throw new Error(`${is} instead of ${should}`)
}
