import type { Hint, SocketEnvironment, WebSocketConstructor } from './environment'

/** The parts of a platform's globals that may or may not be there. */
interface Globals extends EventTarget {
  WebSocket?: WebSocketConstructor
  location?: { href: string }
  navigator?: { onLine?: boolean; connection?: EventTarget }
  document?: EventTarget
}
const page = globalThis as unknown as Globals

/** What a bare WebSocket needs of the platform. By itself, because whoever uses no more should not load more. */
export const socketEnvironment: SocketEnvironment = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  timer(ms, run) {
    const id = setTimeout(run, ms)
    return () => clearTimeout(id)
  },
  webSocket: () => page.WebSocket,
  base: () => page.location?.href,
  online: () => page.navigator?.onLine !== false,
  watch(listener) {
    const { document, navigator } = page
    const controller = new AbortController()
    const on = (target: EventTarget | undefined, type: string, hint: Hint) =>
      target?.addEventListener?.(
        type,
        // the pageshow that ends the loading is no waking: it would replace the very first dial by a second;
        // and a page that may come back is not gone
        (event) => (event as PageTransitionEvent).persisted !== (hint === 'gone') && listener(hint),
        controller,
      )
    on(page, 'online', 'up')
    on(page, 'offline', 'down')
    on(page, 'pageshow', 'wake')
    on(page, 'pagehide', 'gone')
    on(navigator?.connection, 'change', 'up')
    // hidden counts, too: a last look while timers still run on time
    on(document, 'visibilitychange', 'wake')
    on(document, 'resume', 'wake')
    return () => controller.abort()
  },
}
