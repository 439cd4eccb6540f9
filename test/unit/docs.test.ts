import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { closeCodes } from '../../src/protocol/close-codes'

const root = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const sources = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
)

test('every code that the library makes is in the table of errors', () => {
  const documented = new Set([...read('docs/errors.md').matchAll(/^\| `(\w+)`/gm)].map(([, code]) => code))
  const made = new Set<string>(Object.keys(closeCodes))
  for (const file of sources) {
    const text = read(`src/${file}`)
    for (const [, code] of text.matchAll(
      /(?:EverwireError|refused|refusal|denial|giveUp|nack)\((?:\w+, )?'([a-z_]+)'/g,
    ))
      made.add(code as string)
    for (const [, code] of text.matchAll(/code: (?:closeCodes|codes)\.\w+, reason: '([a-z_]+)'/g))
      made.add(code as string)
  }
  // an inner abort, which nobody sees
  made.delete('aborted')
  expect([...made].filter((code) => !documented.has(code))).toEqual([])
})

test('links between the documents lead somewhere', () => {
  const documents = [
    'README.md',
    'CONTRIBUTING.md',
    ...readdirSync(new URL('docs', root))
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ]
  const broken: string[] = []
  for (const document of documents) {
    for (const [, target = ''] of read(document).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^https?:/.test(target)) continue
      try {
        readFileSync(new URL(target, new URL(document, root)))
      } catch {
        broken.push(`${document}: ${target}`)
      }
    }
  }
  expect(broken).toEqual([])
})
