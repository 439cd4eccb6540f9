import { build } from 'esbuild'

/** A file of an app with all it imports, as the bundler of a platform with these export conditions would make it. */
export async function bundle(app, entry, conditions) {
  const { outputFiles } = await build({
    absWorkingDir: app,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions,
    external: ['node:*'],
  })
  return outputFiles[0].text
}
