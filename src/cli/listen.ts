import { nodeSocketEnvironment } from '../environment/node'
import { socketFor } from '../socket/socket'
import { connect } from './connect'
import { type Flags, Misuse, position, whole } from './flags'
import { failed, type Io, printer } from './io'
import { createPlace } from './place'

const ReconnectingWebSocket = socketFor(nodeSocketEnvironment)

/** JSON has no bytes. */
const plainData = (data: unknown) =>
  data instanceof Uint8Array || data instanceof ArrayBuffer
    ? { base64: Buffer.from(data as ArrayBuffer).toString('base64') }
    : data

export async function listen(url: string, channel: string, events: string[], flags: Flags, io: Io): Promise<number> {
  const since = position('since', flags.since)
  const rewind = whole('rewind', flags.rewind)
  if (since && rewind !== undefined) throw new Misuse('--since or --rewind: each says where to begin')
  const place = createPlace(channel, since)
  const { end, finish, print } = printer(io, whole('count', flags.count))
  const client = connect(url, flags, io, place.debug)
  try {
    const room = client.channel(channel, { rewind })
    client.watch(({ status }) => status === 'closed' && finish(failed))
    room.onGap(({ reason, missed }) => {
      print({ gap: reason, missed, at: place.jumped() }, `missed ${missed ?? 'some'} (${reason})`)
    })
    room.onDrop(({ code, message, retryAt }) => {
      io.err(`${code}: ${message}`)
      if (retryAt === undefined) finish(failed)
    })
    for (const event of events) {
      room.on(event, (data, { offset, from }) => {
        const shown = plainData(data)
        print({ event, data: shown, offset, from, at: place.at(offset) }, `${event} ${JSON.stringify(shown)}`)
      })
    }
    return await end
  } finally {
    client.close()
  }
}

export async function listenPlain(url: string, flags: Flags, io: Io): Promise<number> {
  if (flags.since !== undefined) throw new Misuse('--since is for an everwire server: a plain one has no places')
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
