import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { entries, specifier } from './scripts/entries.mjs'

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url))
// tests run against the sources; test/package is what runs against the build
const alias = entries.map((entry) => ({
  find: new RegExp(`^${specifier(entry)}$`),
  replacement: path(entry.nodeSource ?? entry.source),
}))
const files = (...folders: string[]) => folders.map((folder) => `test/${folder}/**/*.test.{ts,tsx}`)

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: files('unit', 'laws', 'react', 'conformance', 'simulation', 'integration', 'guard'),
          setupFiles: ['test/support/setup.ts'],
          testTimeout: 15_000,
        },
      },
      // the same once more with React 18, the oldest that is supported
      {
        resolve: { alias: [...alias, { find: /^(react|react-dom)(?=$|\/)/, replacement: '$1-18' }] },
        test: {
          name: 'react-18',
          include: files('react'),
          setupFiles: ['test/support/setup.ts', 'test/react/react-18.ts'],
          testTimeout: 15_000,
        },
      },
      { extends: true, test: { name: 'browser', include: files('browser'), testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: 'runtimes', include: files('runtimes'), testTimeout: 120_000, hookTimeout: 120_000 } },
      // each in turn: they pack, extract and compile
      { test: { name: 'package', include: files('package', 'site'), testTimeout: 120_000, hookTimeout: 120_000 } },
    ],
  },
})
