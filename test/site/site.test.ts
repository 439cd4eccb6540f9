import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { bin, root, run } from '../../scripts/run.mjs'
import { groups } from '../../scripts/site/guides.mjs'

const site = join(root, 'docs-site')
let pages = new Map<string, string>()

beforeAll(async () => {
  const building = run(bin('typedoc'), ['--options', 'scripts/site/typedoc.mjs'], {
    quiet: true,
    env: { NO_COLOR: '1' },
  })
  await building.catch(({ output }) => {
    throw new Error(output)
  })
  const files = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.html'))
  pages = new Map(files.map((name) => [join(site, name), readFileSync(join(site, name), 'utf8')]))
}, 300_000)

/** What the attributes of a page say, with the entities that addresses have. */
const values = (html: string, attribute: string) =>
  [...html.matchAll(new RegExp(`\\s${attribute}="([^"]*)"`, 'g'))].map(([, value]) => value!.replaceAll('&amp;', '&'))

test('each guide is in the sidebar', () => {
  const written = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'))
  const listed = Object.values(groups).flat()
  expect(written.filter((name) => !listed.includes(`docs/${name}`))).toEqual([])
  expect([...pages.keys()].filter((page) => dirname(page) === join(site, 'guides'))).toHaveLength(listed.length)
})

test('every link within the site leads to a page, and to a place on it', () => {
  const ids = new Map([...pages].map(([page, html]) => [page, new Set(values(html, 'id'))]))
  const broken: string[] = []
  let count = 0
  for (const [page, html] of pages) {
    for (const link of [...values(html, 'href'), ...values(html, 'src')]) {
      if (/^(https?|data|mailto):/.test(link)) continue
      const [path, place] = link.split('#').map(decodeURIComponent)
      const target = path ? resolve(dirname(page), path) : page
      // a picture of icons has names of its own
      const isThere = ids.has(target) ? !place || ids.get(target)!.has(place) : existsSync(target)
      count++
      if (!isThere) broken.push(`${relative(site, page)} → ${link}`)
    }
  }
  expect(broken).toEqual([])
  expect(count).toBeGreaterThan(1_000)
})

test('a page loads nothing from elsewhere', () => {
  const isForeign = (address: string) => /^(https?:)?\/\//.test(address)
  for (const html of pages.values()) {
    const loaded = [...html.matchAll(/<(?:link|script|img|iframe|source)\b[^>]*>/g)].flatMap(([tag]) => [
      ...values(tag, 'src'),
      ...values(tag, 'href'),
    ])
    expect(loaded.filter(isForeign)).toEqual([])
  }
  const assets = readdirSync(join(site, 'assets')).filter((name) => name.endsWith('.css'))
  for (const name of assets) {
    const css = readFileSync(join(site, 'assets', name), 'utf8')
    expect(css.match(/@import|url\(["']?(https?:)?\/\//g)).toBeNull()
  }
})
