import { describe } from 'vitest'
import { unpackGuide } from './guide'

const { path } = unpackGuide('module')

// by itself: it replaces a module
describe('docs/testing.md, headlines.test.ts', async () => {
  await import(/* @vite-ignore */ path('headlines.test.ts'))
})
