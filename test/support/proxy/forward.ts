import { type ClientRequest, type IncomingMessage, request as open } from 'node:http'
import type { Socket } from 'node:net'
import type { Connection } from './connections'
import type { EventLog } from './events'
import type { FaultRules } from './rules'
import type { Timers } from './timers'

/** What every part of the proxy works with. */
export interface Site {
  readonly rules: FaultRules
  readonly events: EventLog
  readonly timers: Timers
  readonly target: { host: string; port: number }
}

const ofTheHop = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

/** Headers as they came, less those that are between two neighbours only. */
export function passable(raw: readonly string[], but: readonly string[] = []): string[] {
  return raw.filter((_, index) => {
    const name = raw[index - (index % 2)]!.toLowerCase()
    return !ofTheHop.has(name) && !but.includes(name)
  })
}

/** Sends a request to the target, on a connection of its own. */
export function forward(
  site: Site,
  connection: Connection,
  request: IncomingMessage,
  content: { headers: string[]; body: Buffer },
): ClientRequest {
  const upstream = open({
    ...site.target,
    agent: false,
    method: request.method,
    path: request.url,
    headers: content.headers,
    setHost: false,
  })
  connection.own(upstream)
  upstream.on('close', () => connection.disown(upstream))
  upstream.end(content.body)
  return upstream
}

/** A complete answer on a socket that no HTTP parser reads any more. */
export function answerRaw(socket: Socket, head: string, body = ''): void {
  socket.end(`HTTP/1.1 ${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}

export async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
