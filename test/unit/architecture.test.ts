import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const leaves = ['protocol', 'shared', 'environment']

/** What a folder or file may import of src besides its own folder. `type:` allows its types alone. The longest key counts. */
const allowed: Record<string, string[]> = {
  protocol: [],
  shared: ['type:environment/environment'],
  environment: [],
  transports: leaves,
  connection: [...leaves, 'transports/transport'],
  session: [...leaves, 'transports/transport', 'connection'],
  client: [...leaves, 'connection', 'session'],
  'client/client': [...leaves, 'transports', 'connection', 'session'],
  // a bare WebSocket: what it shares with the client is small enough for it;
  socket: ['connection/backoff', 'environment', 'shared'],
  server: ['protocol', 'shared', 'type:environment/environment'],
  react: [],
  testing: [...leaves, 'client', 'server', 'create'],
  inspector: ['protocol', 'shared', 'type:client', 'type:transports'],
  cli: ['client', 'create', 'environment', 'shared', 'socket', 'type:protocol', 'type:transports'],
  // the files of src itself put everything together
  '.': [...leaves, 'transports', 'connection', 'session', 'client', 'create', 'index'],
}
const packages: Record<string, RegExp> = {
  cli: /^node:.+$/,
  // the core is for any runtime
  'server/node': /^(node:.+|ws)$/,
  'server/realtime': /^node:http$/,
  react: /^(react|everwire)$/,
  environment: /^ws$/,
  'environment/unref': /^node:https?$/,
}

/** Ways to a clock, a timer, randomness or a global that a ban on global names does not see. */
const banned = /^(Math\.random|AbortSignal\.timeout|Date\.now|globalThis|global|self)$/
const hosts = /^(environment\/|server\/(node|fetch)\/|inspector\/|testing\/turn$)/

const src = join(import.meta.dirname, '../../src')
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file))
  .map((file) => read(file.replaceAll('\\', '/')))

test('imports point one way', () => {
  const wrong = files.flatMap(({ name, imports }) =>
    imports.filter((one) => !permitted(name, one)).map(({ to }) => `${name} → ${to}`),
  )
  expect(wrong).toEqual([])
})

test('no file imports itself, however long the way round', () => {
  const cycles = files.map(({ name }) => wayBack(name)).filter((path) => path !== undefined)
  expect(cycles).toEqual([])
})

test('clocks, timers, randomness and globals are injected', () => {
  const wrong = files
    .filter(({ name }) => !hosts.test(name))
    .flatMap(({ name, names }) => names.map((used) => `${name}: ${used}`))
  expect(wrong).toEqual([])
})

test('the scan sees what it is there to find', () => {
  expect(files.length).toBeGreaterThan(20)
  const seen = inspect(
    'client/x.ts',
    `import type { A } from '../server/a'\n/* Math.random() */ const x = Math.random() + y.self`,
  )
  expect(seen.names).toEqual(['Math.random'])
  expect(seen.imports).toEqual([{ to: 'server/a', type: true, inside: true }])
  expect(seen.imports.some((one) => permitted('client/x', one))).toBe(false)
})

interface Import {
  to: string
  type: boolean
  /** Of src; else a package. */
  inside: boolean
}

function permitted(name: string, { to, type, inside }: Import): boolean {
  const folder = posix.dirname(name)
  const key = name in allowed ? name : folder.replace(/\/.*/, '')
  if (!inside) return (packages[name] ?? packages[folder] ?? packages[key])?.test(to) ?? false
  if (folder !== '.' && to.startsWith(folder.replace(/(\/.*)?$/, '/'))) return true
  const within = (rule: string) => to === rule || to.startsWith(`${rule}/`)
  return (allowed[key] ?? []).some(
    (rule) => within(rule) || (type && rule.startsWith('type:') && within(rule.slice(5))),
  )
}

/** The files through which `name` imports itself, if it does. */
function wayBack(name: string): string | undefined {
  const queue = [{ at: name, path: name }]
  const seen = new Set<string>()
  for (const { at, path } of queue) {
    for (const { to } of files.find((file) => file.name === at)?.imports ?? []) {
      if (to === name) return `${path} → ${to}`
      if (!seen.has(to)) queue.push({ at: to, path: `${path} → ${to}` })
      seen.add(to)
    }
  }
  return undefined
}

function read(file: string) {
  return inspect(file, readFileSync(join(src, file), 'utf8'))
}

function inspect(file: string, text: string) {
  const imports: Import[] = []
  const names: string[] = []
  const found = (node: ts.Node | undefined, type: boolean) => {
    if (!node || !ts.isStringLiteral(node)) return
    const inside = node.text.startsWith('.')
    imports.push({ to: inside ? posix.join(posix.dirname(file), node.text) : node.text, type, inside })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) found(node.moduleSpecifier, node.importClause?.isTypeOnly === true)
    if (ts.isExportDeclaration(node)) found(node.moduleSpecifier, node.isTypeOnly)
    if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) found(node.argument.literal, true)
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      found(node.arguments[0], false)
    const property =
      ts.isPropertyAccessExpression(node.parent ?? node) && (node.parent as ts.PropertyAccessExpression).name === node
    // `declare global` declares types
    const declared = ts.isModuleDeclaration(node.parent ?? node)
    const plain = ts.isIdentifier(node) && !property && !declared
    const name = ts.isPropertyAccessExpression(node) || plain ? node.getText() : ''
    if (banned.test(name)) names.push(name)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true))
  return { name: file.replace(/\.tsx?$/, ''), imports, names }
}
