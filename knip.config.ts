import type { KnipConfig } from 'knip'
import { entries } from './scripts/entries.mjs'

const config: KnipConfig = {
  entry: [
    ...entries.flatMap(({ source, nodeSource }) => [source, ...(nodeSource ? [nodeSource] : [])]),
    'scripts/**/*.mjs',
    'test/**/*.test.{ts,tsx}',
    'test/types/**/*.ts',
    'test/support/guide-ambient.ts', // what the pieces of the guides compile with
    'examples/**/*.{mjs,js,ts,tsx}',
    'test/runtimes/{entries,hosts,pages}/*.{mjs,js}', // copied into an app, and started or bundled there
  ],
  project: ['src/**', 'scripts/**', 'test/**', 'examples/**'],
  ignoreDependencies: [
    // started as commands by scripts/test.mjs
    '@arethetypeswrong/cli',
    'publint',
    // installed with the runtimes
    'next',
    // stand in for React by an alias in vitest.config.ts
    'react-18',
    'react-dom-18',
  ],
  // one name per close code, used by name through `closeCodes` on the server
  ignoreIssues: { 'src/protocol/codes.ts': ['exports'] },
  ignoreUnresolved: [/^\/.+\.js$/], // addresses on the demo's server
  exclude: ['types'],
  ignoreExportsUsedInFile: true,
}

export default config
