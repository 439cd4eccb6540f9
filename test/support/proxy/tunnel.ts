import type { Socket } from 'node:net'
import type { Connection } from './connections'
import type { EventLog } from './events'
import type { Direction, FaultRules } from './rules'
import type { Timers } from './timers'

interface Parts {
  readonly connection: Connection
  readonly target: Socket
  readonly rules: FaultRules
  readonly events: EventLog
  readonly timers: Timers
}

/**
 * Carries bytes both ways after a 101, under the rules that held when it was opened.
 *
 * @param head what the client sent right behind its request
 * @returns delivers to the client, now, what the target sent before this
 */
export function openTunnel(parts: Parts, head: Buffer): (chunk: Buffer) => void {
  const { connection, target, rules, timers } = parts
  connection.own(target)
  target.on('close', () => connection.disown(target))
  if (rules.silent) connection.silence(rules.silent)
  if (rules.resetAfter !== null) {
    const cancel = timers.after(rules.resetAfter, () => {
      parts.events.tell({ type: 'fault', connection: connection.id, fault: 'reset' })
      connection.reset()
    })
    connection.socket.on('close', cancel)
  }
  watchIdle(parts)
  pump(parts, 'up').receive(head)
  return pump(parts, 'down').deliver
}

function pump({ connection, target, rules, events }: Parts, direction: Direction) {
  const [from, to] = direction === 'up' ? [connection.socket, target] : [target, connection.socket]
  const lag = connection.lag[direction]
  let left = rules.cutAfter?.direction === direction ? rules.cutAfter.bytes : Number.POSITIVE_INFINITY
  const pass = (run: () => void) => lag.push(() => connection.open[direction] && run())

  function deliver(chunk: Buffer): void {
    if (left <= 0 || chunk.length === 0 || to.destroyed || !connection.open[direction]) return
    const part = chunk.subarray(0, Math.min(chunk.length, left))
    left -= part.length
    if (left > 0) {
      if (!to.write(part)) from.pause()
      return
    }
    // reset only when the kernel has the bytes: a reset throws away what is still queued
    to.write(part, () => {
      events.tell({ type: 'fault', connection: connection.id, fault: 'cut' })
      connection.reset()
    })
  }

  function receive(chunk: Buffer): void {
    connection.touch()
    pass(() => deliver(chunk))
  }

  from.on('data', receive)
  to.on('drain', () => from.resume())
  const ended = () => {
    if (direction === 'down' && !connection.socket.readableEnded) connection.blame('target')
  }
  from.on('end', () => {
    ended()
    pass(() => to.end())
  })
  from.on('error', () => {
    ended()
    pass(() => to.resetAndDestroy())
  })
  from.on('close', () => pass(() => to.destroySoon()))
  // a silenced direction still drains its sender, as the kernel of a dead host's neighbour would
  from.resume()
  return { receive, deliver }
}

function watchIdle({ connection, target, rules, events, timers }: Parts): void {
  const idle = rules.idle
  if (!idle) return
  let cancel = () => {}
  const act = {
    silence: () => connection.silence(),
    reset: () => connection.reset(),
    end: () => {
      connection.blame('proxy')
      connection.socket.end()
      target.end()
    },
  }[idle.action]
  function look(): void {
    const left = idle!.after - connection.idleFor
    if (left > 0) {
      cancel = timers.after(Math.ceil(left), look)
      return
    }
    events.tell({ type: 'fault', connection: connection.id, fault: 'idle' })
    act()
  }
  connection.touch()
  look()
  connection.socket.on('close', () => cancel())
}
