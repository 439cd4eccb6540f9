// @vitest-environment happy-dom
import { describe } from 'vitest'
import { unpackGuide } from './guide'

const { path } = unpackGuide('react')

describe('docs/testing.md, Room.test.tsx', async () => {
  await import(/* @vite-ignore */ path('Room.test.tsx'))
})
