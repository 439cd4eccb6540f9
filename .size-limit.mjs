import { entries, specifier } from './scripts/entries.mjs'

export default entries
  .filter(({ limit }) => limit)
  .map((entry) => ({
    name: specifier(entry),
    path: `dist/${entry.output}.js`,
    import: entry.imports,
    ignore: ['everwire', 'react', 'node:crypto'], // ./react counts on top of the first two; the test kit runs in Node
    limit: entry.limit,
    brotli: true,
  }))
