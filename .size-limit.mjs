import { entries, specifier } from './scripts/entries.mjs'

export default entries
  .filter(({ limit }) => limit)
  .map((entry) => ({
    name: specifier(entry),
    path: `dist/${entry.output}.js`,
    import: entry.imports,
    ignore: ['everwire', 'react'], // ./react counts on top of these
    limit: entry.limit,
    brotli: true,
  }))
