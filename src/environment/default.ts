import type { Environment, Fetch, Hint, WebSocketConstructor } from './environment'

/** The parts of a platform's globals that may or may not be there. */
interface Globals {
  WebSocket?: WebSocketConstructor
  fetch?: Fetch
  location?: { href: string }
  navigator?: { onLine?: boolean; connection?: EventTarget }
  document?: EventTarget & { visibilityState: string }
  addEventListener?: EventTarget['addEventListener']
  removeEventListener?: EventTarget['removeEventListener']
}
const globals = globalThis as unknown as Globals

/** The platform this code runs on: browsers, workers, Node, Bun, Deno. */
export const defaultEnvironment: Environment = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  timer(ms, run) {
    const id = setTimeout(run, ms)
    return () => clearTimeout(id)
  },
  secret: () =>
    btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(18))))
      .replace(/\+/g, '-')
      .replace(/\//g, '_')
      .slice(0, 22),
  webSocket: () => globals.WebSocket,
  fetch: () => globals.fetch,
  base: () => globals.location?.href,
  online: () => globals.navigator?.onLine !== false,
  watch(listener) {
    const { document } = globals
    const page = globals as unknown as EventTarget
    const undo: (() => void)[] = []
    const listen = (target: EventTarget | undefined, type: string, hint: Hint, when = () => true) => {
      if (!target?.addEventListener) return
      const handler = () => when() && listener(hint)
      target.addEventListener(type, handler)
      undo.push(() => target.removeEventListener(type, handler))
    }
    listen(page, 'online', 'up')
    listen(page, 'offline', 'down')
    listen(page, 'pageshow', 'wake')
    listen(globals.navigator?.connection, 'change', 'up')
    listen(document, 'visibilitychange', 'wake', () => document?.visibilityState === 'visible')
    listen(document, 'resume', 'wake')
    return () => {
      for (const off of undo) off()
    }
  },
}
