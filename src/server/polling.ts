import { EverwireError } from '../shared/errors'
import { bad, helloOf, parse } from './check'
import type { ConnectionOptions } from './connection'
import { converse } from './exchange'
import { isEnding } from './greeting'
import type { ExchangeAnswer, Gone, RequestView } from './hosts'
import { byeFrame, type Ending, ending } from './sessions'
import { refused } from './stats'

/** One exchange of long-polling: a connection that lives until its answer. Never rejects. */
export async function runExchange(
  options: ConnectionOptions,
  request: RequestView,
  body: string,
  gone: Gone,
): Promise<ExchangeAnswer> {
  const { context, greeter } = options
  context.counters.bytesIn += body.length
  try {
    const [first, ...rest] = parse(body, context.limits, context.clock.now())
    if (!first) throw bad('an empty message')
    const hello = helloOf(first.frame)
    // a proxy that was spoken to in TLS early data may have been told by someone who only repeats; the rest is numbered
    if (request.headers['early-data'] === '1' && rest.some(({ frame }) => frame[0] === 'e'))
      return byeAnswer(options, ending('transient', 'too early', 0), 425)
    const before = options.closed(request.address)
    if (before) return byeAnswer(options, before)
    const greeted = await greeter.greet(hello, request)
    const away = isEnding(greeted) ? greeted : options.closed(request.address)
    if (away || isEnding(greeted)) return byeAnswer(options, away as Ending)
    if (gone.aborted) return { status: 200, body: '' }
    return converse(options, request, hello, greeted, rest, gone)
  } catch (error) {
    if (!(error instanceof EverwireError)) context.report(error)
    const name = error instanceof EverwireError && error.code === 'version' ? 'version' : 'bad_frame'
    return byeAnswer(
      options,
      ending(name, error instanceof EverwireError ? error.message : '', name === 'version' ? null : 1_000),
    )
  }
}

export function byeAnswer(
  { context }: Pick<ConnectionOptions, 'context'>,
  { name, reason, retryMs }: Ending,
  status = 200,
): ExchangeAnswer {
  refused(context.counters, name)
  return { status, body: byeFrame(name, reason, retryMs) }
}
