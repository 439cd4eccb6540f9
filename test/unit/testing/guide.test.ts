import { describe, expect, test } from 'vitest'
import { unpackGuide } from './guide'

const { files, path } = unpackGuide('node')
const tests = files.filter((file) => file.endsWith('.test.ts') && file !== 'headlines.test.ts')

test('the guide shows what is run here', () => {
  expect(tests).toEqual(['drop.test.ts', 'send.test.ts', 'server.test.ts', 'msw.test.ts', 'mock-socket.test.ts'])
})

describe.each(tests)('docs/testing.md, %s', async (file) => {
  await import(/* @vite-ignore */ path(file))
})
