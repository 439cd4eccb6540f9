import type { Environment, Fetch } from './environment'
import { socketEnvironment } from './socket'

/** The platform this code runs on: browsers, workers, Node, Bun, Deno. */
export const defaultEnvironment: Environment = {
  ...socketEnvironment,
  // 144 random bits; that two of the 64 characters become one costs less than one of them
  secret: () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18)))).replace(/\W/g, '_'),
  fetch: () => (globalThis as { fetch?: Fetch }).fetch,
}
