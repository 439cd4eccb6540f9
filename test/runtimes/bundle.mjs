import { build } from 'esbuild'

/** An entry of the smoke test in one file, as the bundler of a platform with these export conditions would make it. */
export async function bundle(app, entry, conditions) {
  const { outputFiles } = await build({
    absWorkingDir: app,
    entryPoints: [`entries/${entry}.mjs`],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions,
  })
  return outputFiles[0].text
}
