import { entries } from './scripts/entries.mjs'

export default {
  name: 'everwire',
  entryPoints: entries.map(({ source }) => source),
  tsconfig: 'tsconfig.json',
  skipErrorChecking: true, // a step of its own does that
  plugin: ['typedoc-plugin-markdown'],
  out: 'docs/reference',
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  hideGenerator: true,
  treatWarningsAsErrors: true,
  validation: { notExported: false, invalidLink: true, notDocumented: true },
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Variable'],
}
