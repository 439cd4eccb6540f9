import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../../..')

test('every piece of code in the guide compiles', { timeout: 60_000 }, () => {
  const text = readFileSync(join(root, 'docs/socket.md'), 'utf8')
  const blocks = [...text.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code as string)
  expect(blocks.length).toBeGreaterThan(5)
  const files = new Map(blocks.map((code, i) => [join(root, `docs/block-${i}.ts`), code]))

  const config = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.getSourceFile = (name, ...rest) => {
    const code = files.get(name)
    return code === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, code, rest[0])
  }
  const program = ts.createProgram([...files.keys()], options, host)
  const errors = [...files.keys()].flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)))
  expect(errors.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([])
})
