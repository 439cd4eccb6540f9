import { beforeEach, onTestFinished } from 'vitest'
import { leftovers } from './leftovers'

/** Whatever a test opened and did not close fails that very test, not a later one. */
beforeEach(() => {
  // registered first, it runs last: after what the test itself cleans up when it is finished
  onTestFinished(() => {
    const left = leftovers.splice(0).flatMap((check) => check())
    if (left.length > 0) throw new Error(`the test left behind: ${left.join(', ')}`)
  })
})
