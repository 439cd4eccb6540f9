import { defineConfig, type Options } from 'tsup'
import { entries, internalNames } from './scripts/entries.mjs'

const common: Options = {
  format: 'esm', // scripts/build.mjs derives the CommonJS files
  target: 'es2022',
  platform: 'node',
  external: ['ws', 'react', /^everwire/],
  splitting: true, // one copy of what entries share, so that `instanceof EverwireError` holds across them
  removeNodeProtocol: false,
  minify: false,
  clean: false, // scripts/build.mjs does it: several configurations write here
  silent: true,
  esbuildOptions(options) {
    options.mangleProps = new RegExp(`^(${internalNames.join('|')})$`)
  },
}
const outputs = (table: typeof entries) =>
  Object.fromEntries(
    table.flatMap(({ output, source, nodeSource }) => [
      [output, source],
      ...(nodeSource ? [[`${output}.node`, nodeSource]] : []),
    ]),
  )
const typed = Object.fromEntries(entries.map(({ output, source }) => [output, source]))

export default defineConfig([
  // and the command, which is no entry: nobody imports it
  { ...common, entry: { ...outputs(entries.filter(({ client }) => !client)), cli: 'src/cli/main.ts' } },
  // by themselves: the directive has to stand first in the file
  { ...common, entry: outputs(entries.filter(({ client }) => client)), banner: { js: "'use client'" } },
  { ...common, format: ['esm', 'cjs'], entry: typed, dts: { only: true } },
])
