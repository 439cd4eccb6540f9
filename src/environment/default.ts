import type { Environment, Fetch } from './environment'
import { socketEnvironment } from './socket'

/** The platform this code runs on: browsers, workers, Node, Bun, Deno. */
export const defaultEnvironment: Environment = {
  ...socketEnvironment,
  secret: () =>
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .slice(0, 22),
  fetch: () => (globalThis as { fetch?: Fetch }).fetch,
}
