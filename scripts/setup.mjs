/** Makes a fresh clone ready: npm packages as locked, and the programs that tests drive. Needs Node and npm, nothing else. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { program, programs, programsInUse } from './programs.mjs'
import { isCI, isMain, root, run } from './run.mjs'

/** Returns a line for each thing that could not be had. */
export async function setup({ system = true } = {}) {
  if (!installed()) {
    console.log('setup: npm ci')
    await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
  }
  return system ? installPrograms() : []
}

/** npm notes what it really installed in a second lockfile: the two say whether anything is missing or stale. */
function installed() {
  const note = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(note)) return false
  const packages = (file) => JSON.parse(readFileSync(file, 'utf8')).packages
  const wanted = packages(join(root, 'package-lock.json'))
  const found = packages(note)
  const same = (name) =>
    found[name]?.version === wanted[name]?.version && found[name]?.integrity === wanted[name]?.integrity
  // optional ones are other platforms' binaries
  const needed = Object.keys(wanted).filter((name) => name && !wanted[name].optional)
  return needed.every(same) && Object.keys(found).every(same)
}

async function installPrograms() {
  const missing = programsInUse().filter((name) => !program(name))
  if (missing.length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const packages = missing.flatMap((name) => programs[name].packages)
    console.log(`setup: apt-get install ${packages.join(' ')}`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    try {
      await run('apt-get', ['update'], { quiet: true, env })
      await run('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { quiet: true, env })
    } catch (error) {
      console.log(error.output ?? error.message)
    }
  }
  return missing.filter((name) => !program(name)).map((name) => `${name} is not installed`)
}

if (isMain(import.meta.url)) {
  const skipped = await setup()
  for (const line of skipped) console.log(`skipped: ${line}`)
  if (isCI && skipped.length > 0) process.exitCode = 1
}
