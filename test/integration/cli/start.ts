import { onTestFinished } from 'vitest'
import { run } from '../../../src/cli/run'
import { collect } from '../../support/client'

/** Runs a command; what it writes is collected, and it is interrupted when the test is over. */
export function start(args: string[], pretty = false) {
  const [out, err] = [collect<string>(), collect<string>()]
  const abort = new AbortController()
  const code = run(args, { out: out.push, err: err.push, pretty, signal: abort.signal })
  onTestFinished(async () => {
    abort.abort()
    await code
  })
  return { code, out, err, interrupt: () => abort.abort() }
}
