import { afterEach } from 'vitest'
import { leftovers } from './leftovers'

/** Whatever a test opened and did not close fails that very test, not a later one. */
afterEach(() => {
  const left = leftovers.splice(0).flatMap((check) => check())
  if (left.length > 0) throw new Error(`the test left behind: ${left.join(', ')}`)
})
