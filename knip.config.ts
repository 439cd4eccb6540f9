import type { KnipConfig } from 'knip'
import { entries } from './scripts/entries.mjs'

const config: KnipConfig = {
  entry: [
    ...entries.flatMap(({ source, nodeSource }) => [source, ...(nodeSource ? [nodeSource] : [])]),
    'scripts/**/*.mjs',
    'test/**/*.test.{ts,tsx}',
    'test/types/**/*.ts',
    'examples/**/*.{mjs,js,ts,tsx}',
  ],
  project: ['src/**', 'scripts/**', 'test/**', 'examples/**'],
  // started as commands by scripts/test.mjs
  ignoreDependencies: [
    '@arethetypeswrong/cli',
    'publint',
    '@standard-schema/spec',
    '@testing-library/dom',
    '@testing-library/react',
    '@types/react-dom',
    '@vitejs/plugin-react',
    'arktype',
    'react-dom',
    'valibot',
    'zod',
  ],
  ignoreUnresolved: [/^\/.+\.js$/], // addresses on the demo's server
  exclude: ['types'],
  ignoreExportsUsedInFile: true,
}

export default config
