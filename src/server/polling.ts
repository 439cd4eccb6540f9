import { EverwireError } from '../shared/errors'
import { bad, helloOf, parse } from './check'
import type { ConnectionOptions } from './connection'
import { converse } from './exchange'
import { isEnding } from './greeting'
import type { ExchangeAnswer, Gone, RequestView } from './hosts'
import { byeFrame, type Ending, ending } from './sessions'
import { refused } from './stats'

/** One exchange of long-polling: a connection that lives until its answer. Never rejects. */
export function runExchange(
  options: ConnectionOptions,
  request: RequestView,
  body: string,
  gone: Gone,
): Promise<ExchangeAnswer> {
  options.context.counters.bytesIn += body.length
  // one promise for all of it: while a poll is held, there is nothing else that waits
  return new Promise((resolve) => {
    start(options, request, body, gone, resolve).catch((error: unknown) => resolve(refuse(options, error)))
  })
}

/** Calls `answered` once, or rejects. */
async function start(
  options: ConnectionOptions,
  request: RequestView,
  body: string,
  gone: Gone,
  answered: (answer: ExchangeAnswer) => void,
): Promise<void> {
  const { context, greeter } = options
  const [first, ...rest] = parse(body, context.limits, context.clock.now())
  if (!first) throw bad('an empty message')
  const hello = helloOf(first.frame)
  // a proxy that was spoken to in TLS early data may have been told by someone who only repeats; the rest is numbered
  if (request.headers['early-data'] === '1' && rest.some(({ frame }) => frame[0] === 'e'))
    return answered(byeAnswer(options, ending('transient', 'too early', 0), 425))
  const before = options.closed(request.address)
  if (before) return answered(byeAnswer(options, before))
  const greeted = await greeter.greet(hello, request)
  const away = isEnding(greeted) ? greeted : options.closed(request.address)
  if (away || isEnding(greeted)) return answered(byeAnswer(options, away as Ending))
  if (gone.aborted) return answered({ status: 200, body: '' })
  converse(options, request, hello, greeted, rest, gone, answered)
}

function refuse(options: ConnectionOptions, error: unknown): ExchangeAnswer {
  const isOurs = error instanceof EverwireError
  if (!isOurs) options.context.report(error)
  if (isOurs && error.code === 'version') return byeAnswer(options, ending('version', error.message))
  return byeAnswer(options, ending('bad_frame', isOurs ? error.message : '', 1_000))
}

export function byeAnswer(
  { context }: Pick<ConnectionOptions, 'context'>,
  { name, reason, retryMs }: Ending,
  status = 200,
): ExchangeAnswer {
  refused(context.counters, name)
  return { status, body: byeFrame(name, reason, retryMs) }
}
