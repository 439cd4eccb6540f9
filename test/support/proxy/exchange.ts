import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Connection } from './connections'
import { forward, passable, type Site } from './forward'
import { type Answer, relay, relayWhole } from './relay'
import type { Failure, FaultRules } from './rules'

/** What the seeded dice say about the next request. */
export type Dice = () => Failure | null

/** One HTTP request and its answer. */
export function exchange(
  site: Site,
  connection: Connection,
  dice: Dice,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  const { rules, events } = site
  const about = { method: request.method ?? 'GET', url: request.url ?? '/', body: String(body) }
  const concerned = !rules.only || rules.only(about)
  // as decided when the request came: a rule that changes meanwhile is for the next one
  const now: FaultRules = concerned
    ? { ...rules }
    : { ...rules, buffer: false, responseIdle: null, truncate: null, duplicate: null, delay: null }
  const failure = concerned ? dice() : null
  const answer: Answer = { site, connection, response, rules: now, failure }
  response.sendDate = false

  if (rules.portal) return portal(answer)
  if (failure) events.tell({ type: 'fault', connection: connection.id, fault: failure })
  if (failure === 502) return refuse(answer, 502)
  if (failure === 'reset') return connection.reset()
  if (failure === 'lose-request') return connection.silence()
  const pass = () =>
    connection.lag.up.push(() => {
      if (connection.open.up) send(answer, request, body)
    })
  if (now.delay === null) return pass()
  events.tell({ type: 'fault', connection: connection.id, fault: 'delay' })
  if (typeof now.delay === 'number') site.timers.after(now.delay, pass)
  else void now.delay.then(pass)
}

/** An answer of the proxy's own. */
export function refuse({ site, connection, response }: Answer, status: number): void {
  connection.lag.down.push(() => {
    if (!connection.open.down || response.destroyed || response.headersSent) return
    site.events.tell({ type: 'answer', connection: connection.id, status, by: 'proxy' })
    response.writeHead(status, { 'content-type': 'text/html' }).end(`<h1>${status}</h1>`)
  })
}

export const page = '<!doctype html><title>Welcome</title><p>Please accept the terms.'
export const login = 'http://portal.invalid/login'

function portal({ site, connection, response, rules }: Answer): void {
  site.events.tell({ type: 'fault', connection: connection.id, fault: 'portal' })
  connection.lag.down.push(() => {
    if (!connection.open.down) return
    if (rules.portal === 'redirect') response.writeHead(302, { location: login }).end()
    else response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  })
}

function send(answer: Answer, request: IncomingMessage, body: Buffer): void {
  const { site, connection, rules } = answer
  const content = { headers: passable(request.rawHeaders, ['content-length', 'expect']), body }
  if (body.length > 0) content.headers.push('content-length', String(body.length))
  const first = forward(site, connection, request, content)
  if (!rules.duplicate) return receive(answer, first)

  site.events.tell({ type: 'fault', connection: connection.id, fault: 'duplicate' })
  const ignore = (upstream: ClientRequest) =>
    upstream.on('response', (dropped) => dropped.resume()).on('error', () => {})
  if (rules.duplicate === 'first') receive(answer, first)
  else ignore(first)
  // the second leaves when the first is on its way, so that they come in this order
  first.once('finish', () => {
    if (connection.socket.destroyed) return
    const second = forward(site, connection, request, content)
    if (rules.duplicate === 'second') receive(answer, second)
    else ignore(second)
  })
}

function receive(answer: Answer, upstream: ClientRequest): void {
  const { connection, response, rules } = answer
  // a client that gives up is passed on, unless it can not be heard any more
  response.on('close', () => {
    if (!response.writableFinished && connection.open.up) upstream.destroy()
  })
  const patience = watch(answer, upstream)
  upstream.on('error', () => refuse(answer, 502))
  upstream.on('response', (incoming) => {
    incoming.on('data', patience.more)
    incoming.on('close', patience.over)
    if (answer.failure === 'lose-answer') connection.silence('down')
    if (rules.buffer || rules.truncate || answer.failure) relayWhole(answer, incoming, () => refuse(answer, 504))
    else relay(answer, incoming)
  })
  upstream.on('close', patience.over)
}

/** Cuts an answer that is silent for too long, as a proxy's read timeout does. */
function watch(answer: Answer, upstream: ClientRequest) {
  const { site, connection, response, rules } = answer
  let cancel = () => {}
  function more(): void {
    cancel()
    if (rules.responseIdle !== null) cancel = site.timers.after(rules.responseIdle, expire)
  }
  function expire(): void {
    site.events.tell({ type: 'fault', connection: connection.id, fault: 504 })
    if (response.headersSent) connection.reset()
    else refuse(answer, 504)
    upstream.destroy()
  }
  more()
  return { more, over: () => cancel() }
}
