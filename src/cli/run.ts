import { parseArgs } from 'node:util'
import type { EverwireError } from '../shared/errors'
import { connect } from './connect'
import { type Flags, Misuse, whole } from './flags'
import { done, failed, type Io, misused, unknown } from './io'
import { listen, listenPlain } from './listen'

const usage = `everwire listen <url> <channel> <event>...          events as lines of JSON
everwire listen --plain <url>                       messages of any WebSocket server
everwire publish <url> <channel> <event> <json>     one event; waits until it is in the log

  --transport <name>   websocket or polling only
  --token <token>      what the server's authenticate gets
  --rewind <n>         listen: the last n events first
  --since <position>   listen: what came after this "at" of an earlier run first
  --count <n>          listen: end after so many
  --timeout <ms>       publish: give up after that; default 10000

Data goes to stdout, everything else to stderr. Ends with 0 = done, 1 = refused or failed, 2 = wrong usage, 3 = published or not, nobody knows.`

/**
 * Runs one command and resolves with its exit code.
 *
 * @example
 * process.exitCode = await run(['listen', 'http://localhost:8080/realtime', 'news', 'headline'], io)
 */
export async function run(args: string[], io: Io): Promise<number> {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  const texts = { transport: text, token: text, rewind: text, since: text, count: text, timeout: text }
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...texts, plain: flag, help: flag },
    })
    const [command, url, channel, ...rest] = positionals
    if (values.help) return say(io, usage)
    if (command === 'listen' && url && values.plain && !channel) return await listenPlain(url, values, io)
    if (command === 'listen' && url && channel && rest.length > 0) return await listen(url, channel, rest, values, io)
    const [event, json] = rest
    if (command === 'publish' && url && channel && event && json !== undefined && rest.length === 2)
      return await publish(url, channel, event, parse(json), values, io)
    throw new Misuse(usage)
  } catch (error) {
    const { code, message } = error as EverwireError
    io.err(code && !code.startsWith('ERR_') ? `${code}: ${message}` : message)
    const wrong = error instanceof Misuse || /^ERR_PARSE_ARGS|^invalid$/.test(code)
    return wrong ? misused : (error as EverwireError).outcome === 'unknown' ? unknown : failed
  }
}

function say(io: Io, words: string): number {
  io.out(words)
  return done
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    throw new Misuse(`not JSON: ${json}`)
  }
}

async function publish(
  url: string,
  channel: string,
  event: string,
  data: unknown,
  flags: Flags,
  io: Io,
): Promise<number> {
  const timeout = whole('timeout', flags.timeout) ?? 10_000
  const client = connect(url, flags, io)
  try {
    const { offset } = await client.channel(channel).publish(event, data, { timeout, signal: io.signal })
    io.out(JSON.stringify({ offset }))
    return done
  } finally {
    client.close()
  }
}
