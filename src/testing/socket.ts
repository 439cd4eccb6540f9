import type { WebSocketConstructor, WebSocketLike } from '../environment/environment'
import type { Message } from '../protocol/frames'
import type { SocketHandlers } from '../server/hosts'
import { createPipe, type Path, type Site, type Wire } from './path'

type Listener = (event: { data: unknown; code: number; reason: string }) => void

/** What the kernel takes without being asked, bytes: little, so that the bounds of the server matter. */
const kernelBuffer = 512

/** The platform's WebSocket, at the end of a simulated path. */
export function createSocketClass(path: Path, site: Site): WebSocketConstructor {
  function Socket(): WebSocketLike {
    return open(path, site)
  }
  return Socket as unknown as WebSocketConstructor
}

function open(path: Path, site: Site): WebSocketLike {
  const { scheduler, machine } = path
  const listeners: Record<string, Listener[]> = {}
  const up = createPipe(path, path.up)
  const down = createPipe(path, path.down)
  let readyState: 0 | 1 | 2 | 3 = 0
  let handlers: SocketHandlers | undefined
  let server = site.machine
  let flying = 0

  function emit(type: string, event: Partial<Parameters<Listener>[0]> = {}): void {
    for (const listener of listeners[type] ?? []) listener(event as Parameters<Listener>[0])
  }

  function closeClient(code: number, reason: string): void {
    if (readyState === 3) return
    readyState = 3
    if (code === 1006) emit('error')
    emit('close', { code, reason })
  }

  function closeServer(): void {
    const told = handlers
    handlers = undefined
    told?.closed()
  }

  function forget(): void {
    path.wires.delete(wire)
    site.wires.delete(wire)
  }

  const wire: Wire = {
    kind: 'websocket',
    cut(tells) {
      forget()
      up.kill()
      down.kill()
      path.trace(() => `websocket cut, known to ${tells}`)
      const { take } = machine
      if (tells === 'both' || tells === 'client')
        scheduler.after(path.noticeMs, () => take(() => closeClient(1006, '')))
      if (tells === 'both' || tells === 'server') scheduler.after(path.noticeMs, () => server.take(closeServer))
    },
  }

  function send(message: Message): void {
    if (readyState !== 1) return
    const copy = typeof message === 'string' ? message : message.slice()
    path.trace(() => `> ws ${show(copy)}`)
    const begun = scheduler.now
    up.push(() => {
      if (site.isTooLate(begun)) wire.cut('both')
      else server.take(() => handlers?.receive(copy))
    })
  }

  function accept(): void {
    handlers = site.core.accept({
      request: site.view,
      send(message) {
        const size = message.length
        flying += size
        site.loaded(flying)
        const copy = typeof message === 'string' ? message : message.slice()
        down.push(() => {
          flying -= size
          machine.take(() => receive(copy))
          if (flying <= kernelBuffer && flying + size > kernelBuffer) handlers?.drained()
        })
      },
      close(code, reason) {
        handlers = undefined
        down.push(() => {
          forget()
          machine.take(() => closeClient(code, reason))
        })
      },
      buffered: () => Math.max(0, flying - kernelBuffer),
    })
  }

  function receive(message: Message): void {
    if (readyState !== 1) return
    path.trace(() => `< ws ${show(message)}`)
    emit('message', { data: typeof message === 'string' ? message : message.buffer })
  }

  function opened(): void {
    if (readyState !== 0) return
    readyState = 1
    path.trace('websocket open')
    emit('open')
    const { youngCut } = path.conditions
    if (youngCut !== undefined) scheduler.after(youngCut, () => path.wires.has(wire) && wire.cut('both'))
  }

  function refused(): void {
    forget()
    machine.take(() => closeClient(1006, ''))
  }

  function dial(): void {
    const { dial: fate, offline } = path.conditions
    path.trace(`websocket dial${offline ? ' (offline)' : fate === 'ok' ? '' : ` (${fate})`}`)
    if (offline) return void scheduler.after(path.noticeMs, refused)
    path.wires.add(wire)
    if (fate === 'hang') return
    // three ways across before the upgrade request is there: connect, accept, request
    scheduler.after(path.delay() + path.delay(), () =>
      up.push(() => {
        if (!site.listening || fate === 'refuse') return down.push(refused)
        site.wires.add(wire)
        server = site.machine
        if (fate === 'ok') server.take(accept)
        down.push(() => machine.take(opened))
      }),
    )
  }

  dial()
  return {
    binaryType: 'arraybuffer',
    get readyState() {
      return readyState
    },
    send,
    close() {
      if (readyState >= 2) return
      readyState = 2
      up.push(() => {
        forget()
        server.take(closeServer)
        down.push(() => machine.take(() => closeClient(1005, '')))
      })
    },
    addEventListener(type: string, listener: unknown) {
      listeners[type] = [...(listeners[type] ?? []), listener as Listener]
    },
  } as WebSocketLike
}

/** A message in one line. */
export function show(message: Message): string {
  if (typeof message !== 'string') return `${message.length} bytes`
  return message.length > 600
    ? `${message.slice(0, 600).replaceAll('\n', ' ')} … (${message.length})`
    : message.replaceAll('\n', ' ')
}
