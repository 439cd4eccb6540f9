import type { Environment, Fetch, Hint, WebSocketConstructor } from './environment'

/** The parts of a platform's globals that may or may not be there. */
interface Globals extends EventTarget {
  WebSocket?: WebSocketConstructor
  fetch?: Fetch
  location?: { href: string }
  navigator?: { onLine?: boolean; connection?: EventTarget }
  document?: EventTarget
}
const page = globalThis as unknown as Globals

/** The platform this code runs on: browsers, workers, Node, Bun, Deno. */
export const defaultEnvironment: Environment = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  timer(ms, run) {
    const id = setTimeout(run, ms)
    return () => clearTimeout(id)
  },
  // 144 random bits; that two of the 64 characters become one costs less than one of them
  secret: () => btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18)))).replace(/\W/g, '_'),
  webSocket: () => page.WebSocket,
  fetch: () => page.fetch,
  base: () => page.location?.href,
  online: () => page.navigator?.onLine !== false,
  watch(listener) {
    const { document, navigator } = page
    const controller = new AbortController()
    const on = (target: EventTarget | undefined, type: string, hint: Hint) =>
      target?.addEventListener?.(type, () => listener(hint), controller)
    on(page, 'online', 'up')
    on(page, 'offline', 'down')
    on(page, 'pageshow', 'wake')
    on(navigator?.connection, 'change', 'up')
    // hidden counts, too: a last look while timers still run on time
    on(document, 'visibilitychange', 'wake')
    on(document, 'resume', 'wake')
    return () => controller.abort()
  },
}
