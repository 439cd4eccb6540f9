import type { Socket } from 'node:net'
import type { EventLog } from './events'
import type { Direction, FaultRules } from './rules'
import { createLag, type Timers } from './timers'

/** The side of the target: a tunnel's socket, or a request under way. */
export interface Upstream {
  destroy(): unknown
  resetAndDestroy?(): unknown
}

/** One TCP connection of a client, with what was opened to the target on its behalf. */
export function createConnection(id: number, socket: Socket, rules: FaultRules, events: EventLog, timers: Timers) {
  const open = { up: true, down: true }
  const upstreams = new Set<Upstream>()
  let touched = performance.now()
  let endedBy: 'client' | 'target' | 'proxy' = 'client'
  // a reset is news for the 'close' that follows, not an error of the proxy
  socket.on('error', () => {})
  socket.on('close', () => events.tell({ type: 'closed', connection: id, by: endedBy }))

  const connection = {
    id,
    kind: 'http' as 'http' | 'websocket',
    socket,
    /** Whether bytes still pass in a direction. A direction that lost a byte never opens again. */
    open,
    lag: {
      up: createLag(timers, () => rules.latency.up),
      down: createLag(timers, () => rules.latency.down),
    },
    /** Something passed: the connection is not idle. */
    touch(): void {
      touched = performance.now()
    },
    /** ms since a byte last passed. */
    get idleFor() {
      return performance.now() - touched
    },
    own(upstream: Upstream): void {
      upstreams.add(upstream)
    },
    disown(upstream: Upstream): void {
      upstreams.delete(upstream)
    },
    blame(side: 'client' | 'target' | 'proxy'): void {
      endedBy = side
    },
    /** From now on nothing is delivered in this direction, not even a FIN; both sides still see an open connection. */
    silence(direction: Direction | 'both' = 'both'): void {
      if (direction !== 'down') open.up = false
      if (direction !== 'up') open.down = false
      events.tell({ type: 'fault', connection: id, fault: 'silence' })
    },
    /** RST to both sides. */
    reset(): void {
      endedBy = 'proxy'
      socket.resetAndDestroy()
      for (const upstream of upstreams) {
        if (upstream.resetAndDestroy) upstream.resetAndDestroy()
        else upstream.destroy()
      }
    },
    /** Leaves nothing of it. */
    destroy(): void {
      if (!socket.destroyed) endedBy = 'proxy'
      open.up = false // what is delayed stays behind
      open.down = false
      socket.destroy()
      for (const upstream of upstreams) upstream.destroy()
    },
  }
  return connection
}

export type Connection = ReturnType<typeof createConnection>

/** All connections of a proxy, by their sockets. */
export function createConnections(rules: FaultRules, events: EventLog, timers: Timers) {
  const bySocket = new Map<Socket, Connection>()
  // those whose client is gone while the target must not notice
  const orphans = new Set<Connection>()
  const ended = { up: 0, down: 0 }
  let count = 0

  return {
    add(socket: Socket): Connection {
      const connection = createConnection(++count, socket, rules, events, timers)
      bySocket.set(socket, connection)
      socket.on('close', () => {
        bySocket.delete(socket)
        orphans.add(connection)
        ended.up += socket.bytesRead
        ended.down += socket.bytesWritten
      })
      events.tell({ type: 'connection', connection: count })
      return connection
    },
    of(socket: Socket): Connection {
      const connection = bySocket.get(socket)
      if (!connection) throw new Error('a request came on a connection the proxy does not know')
      return connection
    },
    all: () => [...bySocket.values()],
    /** Resolves when the last of them is closed. */
    async destroy(): Promise<void> {
      const closed = [...bySocket.keys()].map(
        (socket) => new Promise<unknown>((resolve) => socket.on('close', resolve)),
      )
      for (const connection of [...bySocket.values(), ...orphans]) connection.destroy()
      await Promise.all(closed)
      orphans.clear()
    },
    /** How many there ever were, and their bytes on the wire. */
    totals() {
      const bytes = { ...ended }
      for (const socket of bySocket.keys()) {
        bytes.up += socket.bytesRead
        bytes.down += socket.bytesWritten
      }
      return { connections: count, bytes }
    },
  }
}

export type Connections = ReturnType<typeof createConnections>
