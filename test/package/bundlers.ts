import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build as esbuild } from 'esbuild'
import { build as vite } from 'vite'
import webpack from 'webpack'

/** What a bundler made of `page.js` in a folder. */
interface Bundle {
  /** Its file, an ES module or a script that stands by itself. */
  file: string
  /** The files it is made of. */
  modules: string[]
}

export interface Bundler {
  readonly name: string
  bundle(folder: string): Promise<Bundle>
}

const withEsbuild: Bundler = {
  name: 'esbuild',
  async bundle(folder) {
    const file = join(folder, 'esbuild/page.mjs')
    const { metafile } = await esbuild({
      absWorkingDir: folder,
      entryPoints: ['page.js'],
      outfile: file,
      bundle: true,
      minify: true,
      platform: 'browser',
      format: 'esm',
      metafile: true,
      logLevel: 'error',
    })
    return { file, modules: Object.keys(metafile.inputs) }
  },
}

const withVite: Bundler = {
  name: 'Vite',
  async bundle(folder) {
    await writeFile(join(folder, 'index.html'), '<!doctype html><script type="module" src="/page.js"></script>')
    const options = { root: folder, configFile: false, logLevel: 'error', mode: 'production' } as const
    const result = await vite({ ...options, build: { outDir: 'vite', modulePreload: false } })
    const { output } = [result].flat()[0] as { output: { fileName: string; moduleIds?: string[] }[] }
    const [script] = output.filter(({ moduleIds }) => moduleIds)
    return { file: join(folder, 'vite', script!.fileName), modules: script!.moduleIds! }
  },
}

const withWebpack: Bundler = {
  name: 'webpack',
  bundle: (folder) =>
    new Promise((resolve, reject) => {
      const compiler = webpack({
        mode: 'production',
        target: 'web',
        context: folder,
        entry: './page.js',
        output: { path: join(folder, 'webpack'), filename: 'page.js' },
        performance: false,
      })
      compiler!.run((error, stats) => {
        const { errors = [], modules = [] } =
          stats?.toJson({ all: false, errors: true, modules: true, nestedModules: true }) ?? {}
        compiler!.close(() => {
          const failure = error ?? errors[0]
          if (failure) return reject(new Error(failure.message))
          const all = modules.flatMap((module) => [module, ...(module.modules ?? [])])
          const names = all.map(({ nameForCondition }) => nameForCondition).filter((name) => typeof name === 'string')
          resolve({ file: join(folder, 'webpack/page.js'), modules: names })
        })
      })
    }),
}

export const bundlers = [withEsbuild, withVite, withWebpack]
