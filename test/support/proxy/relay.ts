import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Connection } from './connections'
import { passable, read, type Site } from './forward'
import type { Failure, FaultRules } from './rules'

/** An answer on its way to the client. */
export interface Answer {
  readonly site: Site
  readonly connection: Connection
  readonly response: ServerResponse
  readonly rules: FaultRules
  readonly failure: Failure | null
}

/** Passes an answer on as it comes. */
export function relay(answer: Answer, incoming: IncomingMessage): void {
  const { connection, response } = answer
  const pass = (run: () => void) =>
    connection.lag.down.push(() => {
      if (connection.open.down && !response.destroyed) run()
    })
  tell(answer, incoming)
  pass(() => {
    writeHead(answer, incoming, passable(incoming.rawHeaders))
    response.flushHeaders()
  })
  incoming.on('data', (chunk: Buffer) => {
    connection.touch()
    pass(() => {
      if (!response.write(chunk)) incoming.pause()
    })
  })
  response.on('drain', () => incoming.resume())
  incoming.on('end', () => pass(() => response.end()))
  incoming.on('error', () => pass(() => connection.reset()))
}

/** Passes an answer on when it is complete, or what the faults leave of it. */
export function relayWhole(answer: Answer, incoming: IncomingMessage, lose: () => void): void {
  const { connection, rules, failure } = answer
  read(incoming).then(
    (body) => {
      tell(answer, incoming)
      if (failure === 504) return lose()
      connection.lag.down.push(() => {
        if (!connection.open.down || answer.response.destroyed) return
        if (failure === 'cut')
          return abrupt(answer, incoming, body, Math.floor(body.length / 2), () => connection.reset())
        const cut = rules.truncate && rules.truncate.bytes < body.length ? rules.truncate : null
        if (!cut) return clean(answer, incoming, body)
        answer.site.events.tell({ type: 'fault', connection: connection.id, fault: 'truncate' })
        if (cut.how === 'clean') return clean(answer, incoming, body.subarray(0, cut.bytes))
        abrupt(answer, incoming, body, cut.bytes, () => connection.socket.end())
      })
    },
    () =>
      connection.lag.down.push(() => {
        if (connection.open.down && !answer.response.headersSent) connection.reset()
      }),
  )
}

function clean(answer: Answer, incoming: IncomingMessage, body: Buffer): void {
  const headers = passable(incoming.rawHeaders, ['content-length'])
  writeHead(answer, incoming, [...headers, 'content-length', String(body.length)])
  answer.response.end(body)
}

/** Announces the whole body and ends the connection after a part of it. */
function abrupt(answer: Answer, incoming: IncomingMessage, body: Buffer, bytes: number, then: () => void): void {
  const headers = passable(incoming.rawHeaders, ['content-length'])
  writeHead(answer, incoming, [...headers, 'content-length', String(body.length)])
  answer.connection.blame('proxy')
  answer.response.write(body.subarray(0, bytes), then)
}

/** The target has answered, whatever becomes of it on the way to the client. */
function tell({ site, connection }: Answer, { statusCode }: IncomingMessage): void {
  site.events.tell({ type: 'answer', connection: connection.id, status: statusCode ?? 502, by: 'target' })
}

function writeHead({ response }: Answer, incoming: IncomingMessage, headers: string[]): void {
  response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, headers as never)
}
