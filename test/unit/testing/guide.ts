import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../../..')

/**
 * Writes the files that `docs/testing.md` shows into a folder: a block names its file in a comment.
 *
 * @returns the path of a file by its name
 */
export function unpackGuide(name: string): { files: readonly string[]; path(file: string): string } {
  const folder = join(root, '.test-results', 'guide', name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const guide = readFileSync(join(root, 'docs/testing.md'), 'utf8')
  const files: string[] = []
  for (const [, code = ''] of guide.matchAll(/^```tsx?\n([\s\S]*?)^```$/gm)) {
    const file = /^(?:\/\/ @.*\n)?\/\/ ([\w.-]+\.tsx?)$/m.exec(code)?.[1]
    if (!file) throw new Error(`a block without a file name: ${code.slice(0, 60)}`)
    writeFileSync(join(folder, file), code)
    files.push(file)
  }
  return { files, path: (file) => join(folder, file) }
}
