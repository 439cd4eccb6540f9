import type { Hint, SocketEnvironment, WebSocketConstructor } from './environment'

/** The parts of a platform's globals that may or may not be there. */
interface Globals {
  WebSocket?: WebSocketConstructor
  location?: { href: string }
  navigator?: { onLine?: boolean; connection?: EventTarget }
  document?: EventTarget & { visibilityState: string }
  addEventListener?: EventTarget['addEventListener']
  removeEventListener?: EventTarget['removeEventListener']
}
const globals = globalThis as unknown as Globals

/** What a bare WebSocket needs of the platform. By itself, because whoever uses no more should not load more. */
export const socketEnvironment: SocketEnvironment = {
  now: () => performance.now(),
  wall: () => Date.now(),
  random: () => Math.random(),
  timer(ms, run) {
    const id = setTimeout(run, ms)
    return () => clearTimeout(id)
  },
  webSocket: () => globals.WebSocket,
  base: () => globals.location?.href,
  online: () => globals.navigator?.onLine !== false,
  watch(listener) {
    const { document } = globals
    const page = globals as unknown as EventTarget
    const undo: (() => void)[] = []
    const listen = (target: EventTarget | undefined, type: string, hint: Hint, when = (_event: Event) => true) => {
      if (!target?.addEventListener) return
      const handler = (event: Event) => when(event) && listener(hint)
      target.addEventListener(type, handler)
      undo.push(() => target.removeEventListener(type, handler))
    }
    listen(page, 'online', 'up')
    listen(page, 'offline', 'down')
    // not the one that ends the loading: it would replace the very first dial by a second
    listen(page, 'pageshow', 'wake', (event) => (event as PageTransitionEvent).persisted)
    listen(globals.navigator?.connection, 'change', 'up')
    listen(document, 'visibilitychange', 'wake', () => document?.visibilityState === 'visible')
    listen(document, 'resume', 'wake')
    return () => {
      for (const off of undo) off()
    }
  },
}
