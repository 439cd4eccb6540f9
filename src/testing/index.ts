export { createTestKit } from './kit'
export type * from './types'
