import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const documents = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

/** What the pieces take for granted: the reader's own functions. */
const ambient = readFileSync(join(import.meta.dirname, '../support/guide-ambient.ts'), 'utf8')

/** Pieces that begin with a file's name are that file, so that they can import each other; `// …` in one makes it no program. */
function filesOf(document: string): Map<string, string> {
  const text = readFileSync(join(root, document), 'utf8')
  const folder = join(root, 'docs-code', document.replace(/\W/g, '-'))
  const files = new Map([[join(folder, 'ambient.ts'), ambient]])
  for (const [i, [, language, code = '']] of [...text.matchAll(/```(tsx?)\n(.*?)```/gs)].entries()) {
    const name = /^\/\/ ([\w./-]+\.tsx?)\b/.exec(code)?.[1] ?? `piece-${i}.${language}`
    const before = files.get(join(folder, name)) ?? ''
    files.set(join(folder, name), `${before}${code}\nexport {}\n`)
  }
  return files
}

test('every piece of TypeScript in the README and the guides compiles', { timeout: 120_000 }, () => {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  Object.assign(options, {
    noUnusedLocals: false,
    noUnusedParameters: false,
    skipLibCheck: true,
    jsx: ts.JsxEmit.ReactJSX,
  })
  const errors: string[] = []
  for (const document of documents) {
    const files = filesOf(document)
    if (files.size === 1) continue
    const host = ts.createCompilerHost(options)
    const { getSourceFile, fileExists, readFile } = host
    host.fileExists = (name) => files.has(name) || fileExists(name)
    host.readFile = (name) => files.get(name) ?? readFile(name)
    host.getSourceFile = (name, ...rest) => {
      const code = files.get(name)
      return code === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, code, rest[0])
    }
    host.directoryExists = (name) => name.includes('docs-code') || existsSync(name)
    const program = ts.createProgram([...files.keys()], options, host)
    for (const name of files.keys()) {
      for (const { messageText, start = 0 } of ts.getPreEmitDiagnostics(program, program.getSourceFile(name))) {
        const line = files.get(name)?.slice(start).split('\n')[0]
        errors.push(
          `${document} ${name.split('/').at(-1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')} at ${line}`,
        )
      }
    }
  }
  expect(errors).toEqual([])
})
