import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { entries, exportsOf, internalNames, specifier } from '../../scripts/entries.mjs'
import { root } from '../../scripts/run.mjs'
import { createApp } from './installed'

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
let app: ReturnType<typeof createApp>
beforeAll(() => {
  app = createApp()
})
afterAll(() => app?.remove())

test('package.json exports the entries of the table, in the order in which conditions are tried', () => {
  expect(JSON.stringify(manifest.exports)).toBe(JSON.stringify(exportsOf(entries)))
})

test('what the build shortens is no property that anyone is told of', () => {
  const dist = join(root, 'dist')
  const told = new Set<string>()
  const visit = (node: ts.Node): void => {
    if ((ts.isTypeElement(node) || ts.isClassElement(node)) && node.name) told.add(node.name.getText())
    ts.forEachChild(node, visit)
  }
  for (const file of readdirSync(dist).filter((name) => name.endsWith('.d.ts')))
    visit(ts.createSourceFile(file, readFileSync(join(dist, file), 'utf8'), ts.ScriptTarget.Latest, true))
  expect(told.has('publish')).toBe(true)
  expect(internalNames.filter((name) => told.has(name))).toEqual([])
})

test('every file that package.json names is published', () => {
  const named = JSON.stringify([manifest.exports, manifest.bin, manifest.main, manifest.module, manifest.types]).match(
    /\.\/[\w./]+/g,
  )
  const files = (named ?? []).filter((name) => /\.\w+$/.test(name)).map((name) => name.slice(2))
  expect(files).not.toEqual([])
  expect(files.filter((file) => !app.files.includes(file))).toEqual([])
})

test('nothing but the build and its papers is published', () => {
  const surplus = app.files.filter(
    (file) => !/^(dist\/[\w.-]+\.(js|cjs|d\.ts|d\.cts)|[A-Z]+(\.md)?|package\.json)$/.test(file),
  )
  expect(surplus).toEqual([])
})

test('one file is the whole client, for a page without a bundler', async () => {
  const file = join(app.path, 'node_modules/everwire/dist/everwire.min.js')
  expect(readFileSync(file, 'utf8')).not.toMatch(/\bimport\b\s*[{('"]|\bfrom\s*["']\.|require\(/)
  const { createClient } = (await import(pathToFileURL(file).href)) as typeof import('everwire')
  expect(createClient({ url: 'https://example.com/realtime' }).state.status).toBe('idle')
})

test('the command starts', () => {
  const command = join('node_modules/everwire', manifest.bin.everwire)
  expect(app.node(command, '--help')).toContain('everwire listen')
  expect(app.node(command)).toContain('everwire publish')
})

test('it installs nothing else', () => {
  expect(manifest.dependencies).toBeUndefined()
  expect(manifest.scripts.postinstall).toBeUndefined()
})

describe.each(entries)('$path', (entry) => {
  const name = specifier(entry)

  test('import and require see the same names', () => {
    app.write('names.mjs', `console.log(Object.keys(await import('${name}')).sort().join())`)
    app.write('names.cjs', `console.log(Object.keys(require('${name}')).sort().join())`)
    const names = app.node('names.mjs')
    expect(names).toMatch(/^\w+(,\w+)*$/)
    expect(app.node('names.cjs')).toBe(names)
  })

  test('importing it starts nothing: no timer, no handle, no new global', () => {
    app.write(
      'quiet.mjs',
      `const before = Reflect.ownKeys(globalThis).length
      await import('${name}')
      const open = process.getActiveResourcesInfo().filter((type) => !/^(TTYWrap|PipeWrap|FSReq.*|CloseReq)$/.test(type))
      console.log(JSON.stringify([open, Reflect.ownKeys(globalThis).length - before]))`,
    )
    expect(app.node('quiet.mjs')).toBe('[[],0]')
  })
})

describe.each([
  {
    users: 'Node, ES modules',
    file: 'use.mts',
    module: 'nodenext',
    resolution: 'nodenext',
    lib: 'es2022',
    types: 'node',
  },
  {
    users: 'Node, CommonJS',
    file: 'use.cts',
    module: 'nodenext',
    resolution: 'nodenext',
    lib: 'es2022',
    types: 'node',
  },
  { users: 'a bundler', file: 'use.ts', module: 'esnext', resolution: 'bundler', lib: 'es2022,dom', types: 'node' },
])('TypeScript of $users', ({ file, module, resolution, lib, types }) => {
  test('finds the types of every entry, and they are sound by themselves', () => {
    // a missing declaration file would make an entry `any`, which has every property
    const use = (entry: string, i: number) =>
      `import * as entry${i} from '${entry}'\n// @ts-expect-error\nexport const missing${i} = entry${i}.doesNotExist\n`
    app.write(file, entries.map(specifier).map(use).join(''))
    const options = { module, moduleResolution: resolution, lib, types, target: 'es2022', jsx: 'react-jsx' }
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    expect(app.tsc('--noEmit', '--strict', ...flags, file)).toBe('')
  })
})

test('a contract registered on the package types the hooks, in the build as in the sources', () => {
  app.write(
    'hooks.ts',
    `import { useEvent } from 'everwire/react'
    declare module 'everwire' {
      interface Register { contract: { 'room:{id}': { events: { message: { text: string } } } } }
    }
    export const Right = () => useEvent('room:42', 'message', ({ text }) => text.trim())
    // @ts-expect-error the data has no such field
    export const Wrong = () => useEvent('room:42', 'message', ({ txt }) => txt)
    // @ts-expect-error no pattern matches this name
    export const Nowhere = () => useEvent('lobby', 'message', () => {})
    `,
  )
  const flags = ['--module', 'esnext', '--moduleResolution', 'bundler', '--target', 'es2022', '--types', 'node']
  expect(app.tsc('--noEmit', '--strict', ...flags, 'hooks.ts')).toBe('')
})

test('an error has one class in every entry, in ES modules and in CommonJS', () => {
  const check = `console.log(new client.EverwireError('x') instanceof server.EverwireError)`
  app.write('same.mjs', `import * as client from 'everwire'\nimport * as server from 'everwire/server'\n${check}`)
  app.write('same.cjs', `const client = require('everwire')\nconst server = require('everwire/server')\n${check}`)
  expect([app.node('same.mjs'), app.node('same.cjs')]).toEqual(['true', 'true'])
})

test('a client in a browser bundle brings neither ws nor anything of Node', async () => {
  app.write('browser.js', `import { createClient } from 'everwire'\nconsole.log(createClient)`)
  const result = await build({
    absWorkingDir: app.path,
    entryPoints: ['browser.js'],
    platform: 'browser',
    format: 'esm',
    bundle: true,
    write: false,
    metafile: true,
  })
  const own = /^(browser\.js|node_modules\/everwire\/dist\/[\w-]+\.js)$/
  expect(Object.keys(result.metafile.inputs).filter((file) => !own.test(file))).toEqual([])
  expect(result.outputFiles[0]?.text).toContain('createClient')
  expect(result.outputFiles[0]?.text).not.toMatch(/(from|import\(|require\() ?["'](node:|ws["'])/)
})

test.each(['index', 'socket'])('in Node %s can dial with ws, which is not in the browser build', (entry) => {
  const dist = join(app.path, 'node_modules/everwire/dist')
  /** A file with the chunks it imports. */
  const load = (file: string): string => {
    const text = readFileSync(join(dist, file), 'utf8')
    return [text, ...[...text.matchAll(/"\.\/(chunk-.+?)"/g)].map(([, chunk]) => load(chunk as string))].join()
  }
  expect(load(`${entry}.node.js`)).toContain(`import("ws")`)
  expect(load(`${entry}.js`)).not.toMatch(/(from|import\(|require\() ?["']ws["']/)
})

test('a drop-in WebSocket brings nothing of the client', async () => {
  app.write('socket.js', `import { ReconnectingWebSocket } from 'everwire/socket'\nconsole.log(ReconnectingWebSocket)`)
  const { outputFiles } = await build({
    absWorkingDir: app.path,
    entryPoints: ['socket.js'],
    platform: 'browser',
    format: 'esm',
    bundle: true,
    write: false,
    logLevel: 'error',
  })
  const text = outputFiles[0]?.text
  expect(text).toContain('no_pong')
  expect(text).not.toMatch(/long-polling|unauthorized|"welcome"/)
})

test('the React entry is a client component, and holds no second copy of the core', () => {
  const text = readFileSync(join(app.path, 'node_modules/everwire/dist/react.js'), 'utf8')
  expect(text).toMatch(/^['"]use client['"]/)
  const imports = [...text.matchAll(/^(?:import|\}) .*?["'](.+)["'];?$/gm)].map(([, name]) => name)
  expect(imports).toContain('react')
  expect(imports.filter((name) => name !== 'react' && name !== 'everwire')).toEqual([])
})
