/** Builds `dist`. `--if-stale`: only if a source is newer than the last build. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { entries } from './entries.mjs'
import { bin, isMain, root, run } from './run.mjs'

const dist = join(root, 'dist')
const inputs = [
  'src',
  'package.json',
  'tsup.config.ts',
  'tsconfig.base.json',
  'scripts/entries.mjs',
  'scripts/build.mjs',
]

const outputs = entries.flatMap(({ output }) =>
  ['js', 'cjs', 'd.ts', 'd.cts'].map((type) => join(dist, `${output}.${type}`)),
)
const changed = (file) => statSync(file).mtimeMs

export async function build({ ifStale = false, quiet = false } = {}) {
  if (ifStale && outputs.every(existsSync) && newest(inputs) <= Math.min(...outputs.map(changed))) return ''
  rmSync(dist, { recursive: true, force: true })
  const output = await run(bin('tsup'), [], { quiet })
  await inline()
  await writeCommonJS()
  await writeModuleForPages()
  return output
}

/**
 * Puts constants, and what is used once, where they are used, and keeps the names: minifiers of users do not look so closely, and it is
 * 3 % of the client.
 */
async function inline() {
  const { minify } = await import('terser') // not there before the set-up
  const compress = { defaults: false, evaluate: true, reduce_vars: true, unused: true, toplevel: true, passes: 2 }
  const options = { module: true, ecma: 2022, mangle: false, compress, format: { beautify: true, comments: 'all' } }
  for (const name of readdirSync(dist).filter((file) => file.endsWith('.js') && file !== 'cli.js')) {
    const { code } = await minify(readFileSync(join(dist, name), 'utf8'), options)
    writeFileSync(join(dist, name), code)
  }
}

/** Each ES module once more as CommonJS, with the same chunks. (tsup's own way of splitting CommonJS lowers the syntax, too.) */
async function writeCommonJS() {
  const { transform } = await import('esbuild') // not there before the set-up
  for (const name of readdirSync(dist).filter((file) => file.endsWith('.js'))) {
    const source = readFileSync(join(dist, name), 'utf8').replace(/(["']\.\/[\w.-]+)\.js(["'])/g, '$1.cjs$2')
    const { code } = await transform(source, { format: 'cjs', platform: 'node', target: 'es2022' })
    writeFileSync(join(dist, name.replace(/\.js$/, '.cjs')), code)
  }
}

/** The client in one file, for `<script type="module">`. */
async function writeModuleForPages() {
  const { build: bundle } = await import('esbuild')
  await bundle({
    entryPoints: [join(root, 'src/index.ts')],
    outfile: join(dist, 'everwire.min.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    platform: 'browser',
  })
}

function newest(paths) {
  const files = paths.flatMap((path) => {
    const full = join(root, path)
    return statSync(full).isDirectory()
      ? readdirSync(full, { recursive: true }).map((name) => join(full, name))
      : [full]
  })
  return Math.max(...files.map(changed))
}

if (isMain(import.meta.url)) await build({ ifStale: process.argv.includes('--if-stale') })
