import { parseArgs } from 'node:util'
import type { Client } from '../client/api'
import { clientFor } from '../create'
import { nodeEnvironment, nodeSocketEnvironment } from '../environment/node'
import type { EverwireError } from '../shared/errors'
import { socketFor } from '../socket/socket'

const createClient = clientFor(nodeEnvironment({}))
const ReconnectingWebSocket = socketFor(nodeSocketEnvironment)

const usage = `everwire listen <url> <channel> <event>...          events as lines of JSON
everwire listen --plain <url>                       messages of any WebSocket server
everwire publish <url> <channel> <event> <json>     one event; waits until it is in the log

  --transport <name>   websocket or polling only
  --token <token>      what the server's authenticate gets
  --rewind <n>         listen: the last n events first
  --count <n>          listen: end after so many
  --timeout <ms>       publish: give up after that; default 10000

Data goes to stdout, everything else to stderr. Ends with 0 = done, 1 = refused or failed, 2 = wrong usage, 3 = published or not, nobody knows.`

/** Where a command writes, and what ends it. */
export interface Io {
  out(line: string): void
  err(line: string): void
  /** True: a person reads what goes out. */
  pretty: boolean
  signal: AbortSignal
}

/** Exit codes; the text is in `usage`. */
const done = 0
const failed = 1
const misused = 2
const unknown = 3

interface Flags {
  transport?: string
  token?: string
  rewind?: string
  count?: string
  timeout?: string
  plain?: boolean
  help?: boolean
}

/**
 * Runs one command and resolves with its exit code.
 *
 * @example
 * process.exitCode = await run(['listen', 'http://localhost:8080/realtime', 'news', 'headline'], io)
 */
export async function run(args: string[], io: Io): Promise<number> {
  const text = { type: 'string' } as const
  const flag = { type: 'boolean' } as const
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { transport: text, token: text, rewind: text, count: text, timeout: text, plain: flag, help: flag },
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

class Misuse extends Error {}

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

function whole(name: string, value: string | undefined): number | undefined {
  if (value === undefined || /^\d+$/.test(value)) return value === undefined ? undefined : Number(value)
  throw new Misuse(`--${name} is a whole number`)
}

/** JSON has no bytes. */
const plainData = (data: unknown) =>
  data instanceof Uint8Array || data instanceof ArrayBuffer
    ? { base64: Buffer.from(data as ArrayBuffer).toString('base64') }
    : data

function connect(url: string, { transport, token }: Flags, io: Io): Client {
  if (transport !== undefined && transport !== 'websocket' && transport !== 'polling')
    throw new Misuse('--transport is websocket or polling')
  const client = createClient({
    url,
    ...(transport && { transports: [transport] }),
    ...(token !== undefined && { auth: () => token }),
  })
  let last = ''
  client.watch(({ status, transport: by, error }) => {
    const line = [status, by && `by ${by}`, error && `(${error.code})`].filter(Boolean).join(' ')
    if (line !== last) io.err(line)
    last = line
  })
  return client
}

/** Counts lines, and ends when there are enough, it is interrupted, or something fails. */
function printer(io: Io, count: number | undefined) {
  let left = count ?? Number.POSITIVE_INFINITY
  let finish = (_code: number) => {}
  const end = new Promise<number>((resolve) => {
    finish = resolve
  })
  io.signal.addEventListener('abort', () => finish(done))
  if (io.signal.aborted || left === 0) finish(done)
  return {
    end,
    finish,
    print(line: Record<string, unknown>, readable: string) {
      if (left <= 0) return
      io.out(io.pretty ? readable : JSON.stringify(line))
      if (--left <= 0) finish(done)
    },
  }
}

async function listen(url: string, channel: string, events: string[], flags: Flags, io: Io): Promise<number> {
  const { end, finish, print } = printer(io, whole('count', flags.count))
  const client = connect(url, flags, io)
  try {
    const room = client.channel(channel, { rewind: whole('rewind', flags.rewind) })
    client.watch(({ status }) => status === 'closed' && finish(failed))
    room.onGap(({ reason, missed }) => print({ gap: reason, missed }, `missed ${missed ?? 'some'} (${reason})`))
    room.onDrop(({ code, message, retryAt }) => {
      io.err(`${code}: ${message}`)
      if (retryAt === undefined) finish(failed)
    })
    for (const event of events) {
      room.on(event, (data, { offset, from }) => {
        const shown = plainData(data)
        print({ event, data: shown, offset, from }, `${event} ${JSON.stringify(shown)}`)
      })
    }
    return await end
  } finally {
    client.close()
  }
}

async function listenPlain(url: string, flags: Flags, io: Io): Promise<number> {
  const { end, finish, print } = printer(io, whole('count', flags.count))
  const socket = new ReconnectingWebSocket(url)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => io.err('connected')
  socket.onclose = ({ code, reason }) => {
    io.err(`closed ${code} ${reason}`.trim())
    if (socket.readyState === socket.CLOSED) finish(failed)
  }
  socket.onmessage = ({ data }) => {
    const shown = plainData(data)
    print({ data: shown }, typeof shown === 'string' ? shown : JSON.stringify(shown))
  }
  const code = await end
  socket.onclose = null
  socket.close()
  return code
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
