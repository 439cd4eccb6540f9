import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const here = new URL('.', import.meta.url)
const root = new URL('../../', here)
const protocol = readFileSync(new URL('docs/protocol.md', root), 'utf8')
const rules = [...protocol.matchAll(/^\* \*\*(P-\d+)\*\* (\*client\*)?(.*(?:\n {2}.*)*)/gm)]

test('every rule that can be seen from outside has a test of its number, and no test has another', () => {
  const tested = new Set<string>()
  for (const file of readdirSync(here).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(new URL(file, here), 'utf8')
    for (const [, names = ''] of text.matchAll(/'((?:P-\d+(?:, )?)+): /g))
      for (const name of names.split(', ')) tested.add(name)
  }
  const seen = rules.filter(([, , client]) => !client).map(([, name]) => name as string)
  expect([...tested].sort()).toEqual(seen.sort())
})

test('every rule that binds the client names a test that exists', () => {
  for (const [, name, client, text = ''] of rules) {
    const named = /`(test\/[\w./-]+)`/.exec(text)?.[1]
    if (client || named) expect(readFileSync(new URL(named ?? `missing for ${name}`, root), 'utf8')).toContain('test(')
  }
})
