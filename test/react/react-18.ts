/** What packages require as React is React 18 here; imports of the tests themselves get it by an alias in vitest.config.ts. */
import Module from 'node:module'

const loader = Module as unknown as { _resolveFilename(request: string, ...rest: unknown[]): string }
const resolve = loader._resolveFilename
loader._resolveFilename = (request, ...rest) =>
  resolve.call(loader, request.replace(/^(react|react-dom)(?=$|\/)/, '$1-18'), ...rest)
