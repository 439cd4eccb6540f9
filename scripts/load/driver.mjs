/** The clients, as light as can be: bare sockets that speak just enough WebSocket and HTTP to count what comes. */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

/** Drivers have addresses of their own: a port that one has let go of may be what another is given. */
const [place] = process.argv.slice(2)
/** One address of loopback has about 28,000 ports to connect from. */
const perAddress = 20_000
/** Connections that are being opened at a time. */
const width = 200
/** One of so many sockets measures how late events are. */
const every = 16

const clients = { raw: [], everwire: [] }
const polls = []
const counts = { raw: 0, everwire: 0 }
let latencies = []
let sockets = 0

const secret = () => randomBytes(17).toString('base64url').slice(0, 22)
const stamp = () => performance.timeOrigin + performance.now()
const turn = () => new Promise(setImmediate)

function open(port) {
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress: `127.0.${place}.${2 + (Math.floor(sockets++ / perAddress) % 200)}`,
  })
  socket.setNoDelay(true)
  return socket
}

/** A masked text frame; the mask is zero, so that the text stays what it is. */
function frame(text) {
  const payload = Buffer.from(text)
  const long = payload.length > 125
  const head = Buffer.alloc(long ? 8 : 6)
  if (payload.length > 65_535) throw new Error('too long for this client')
  head[0] = 0x81
  head[1] = 0x80 | (long ? 126 : payload.length)
  if (long) head.writeUInt16BE(payload.length, 2)
  return Buffer.concat([head, payload])
}

/** Calls `message` with the text of each frame. */
function frames(message) {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    let data = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
    for (;;) {
      if (data.length < 2) break
      let length = data[1] & 127
      let head = 2
      if (length === 126) {
        if (data.length < 4) break
        length = data.readUInt16BE(2)
        head = 4
      } else if (length === 127) {
        if (data.length < 10) break
        length = data.readUInt32BE(6)
        head = 10
      }
      if (data.length < head + length) break
      if ((data[0] & 15) === 1) message(data.latin1Slice(head, head + length))
      data = data.subarray(head + length)
    }
    rest = data
  }
}

function countOf(text) {
  let count = 0
  for (let at = text.indexOf('["m"'); at >= 0; at = text.indexOf('["m"', at + 1)) count++
  return count
}

/** Resolves once it is welcomed, and joined to its room. */
function joinWebSocket(kind, port, channel, measures) {
  return new Promise((resolve, reject) => {
    const socket = open(port)
    const path = kind === 'everwire' ? '/realtime' : '/'
    const key = randomBytes(16).toString('base64')
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    let joined = kind === 'raw'
    const message = (text) => {
      if (kind === 'raw') counts.raw++
      else if (!joined) joined = text.includes('["s"')
      else counts.everwire += countOf(text)
      // a ping may come in one message with events
      if (kind === 'everwire' && text.includes('["i"')) socket.write(frame('["o"]'))
      if (measures) {
        const at = text.indexOf('"t":')
        if (at > 0) latencies.push(stamp() - Number.parseFloat(text.slice(at + 4)))
      }
      if (joined) resolve(socket)
    }
    const read = frames(message)
    socket.once('data', (first) => {
      const end = first.indexOf('\r\n\r\n') + 4
      if (!first.latin1Slice(0, 12).includes('101')) return reject(new Error(first.latin1Slice()))
      socket.on('data', read)
      if (end < first.length) read(first.subarray(end))
      if (kind === 'raw') return resolve(socket)
      const hello = JSON.stringify(['h', { v: 1, s: secret(), g: 1 }])
      socket.write(frame(`${hello}\n${JSON.stringify(['s', channel, null])}`))
    })
    socket.on('error', reject)
    clients[kind].push(socket)
  })
}

function post(socket, lines) {
  const body = lines.map((line) => JSON.stringify(line)).join('\n')
  socket.write(
    `POST /realtime HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  )
}

/** A client of long-polling, up to its held poll. */
function joinPolling(port, channel) {
  return new Promise((resolve, reject) => {
    const socket = open(port)
    const s = secret()
    polls.push(socket)
    post(socket, [
      ['h', { v: 1, s, g: 1, w: 0 }],
      ['s', channel, null],
    ])
    socket.on('error', reject)
    socket.once('data', (answer) => {
      const text = answer.latin1Slice()
      const k = /"k":"([^"]+)"/.exec(text)?.[1]
      const cursor = JSON.parse(/\["s",.*$/m.exec(text)[0])[3]
      post(socket, [
        ['h', { v: 1, s, g: 2, w: 25_000, k }],
        ['s', channel, cursor],
      ])
      socket.on('data', () => {})
      setImmediate(resolve)
    })
  })
}

async function many(count, one) {
  let next = 0
  const worker = async () => {
    while (next < count) await one(next++)
  }
  await Promise.all(Array.from({ length: width }, worker))
}

let sent = 0

const work = {
  connect: ({ kind, port, count, perRoom }) =>
    many(count, (i) => joinWebSocket(kind, port, `room:${Math.floor(i / perRoom)}`, i % every === 0)),
  poll: ({ port, count }) => many(count, (i) => joinPolling(port, `room:${Math.floor(i / 10)}`)),
  async disconnect() {
    for (const kind of ['raw', 'everwire']) for (const socket of clients[kind].splice(0)) socket.resetAndDestroy()
  },
  async reset({ kind }) {
    counts[kind] = 0
  },
  async sample() {
    latencies = []
    counts.everwire = 0
  },
  /** Waits for so many events, a little while. */
  async delivered({ kind, count }) {
    const begun = performance.now()
    while (counts[kind] < count && performance.now() - begun < 30_000) await turn()
    return { delivered: counts[kind], latencies }
  },
  /** Raw: one JSON per frame. everwire: 100 frames per message, as its client sends what is said in one turn. */
  async send({ kind, messages }) {
    const each = messages / clients[kind].length
    for (const socket of clients[kind]) {
      const batch = kind === 'raw' ? 1 : 100
      for (let i = 0; i < each; i += batch) {
        const lines = Array.from({ length: batch }, (_, n) => {
          const data = { t: i, text: 'hello' }
          return JSON.stringify(
            kind === 'raw' ? { event: 'message', data } : ['p', sent + i + n + 1, 'room:up', 'message', data],
          )
        })
        socket.write(frame(lines.join('\n')))
      }
      await turn()
    }
    sent += each
  },
}

process.on('message', async ({ call, what, ...more }) => process.send({ call, ...(await work[what](more)) }))
process.on('disconnect', () => process.exit())
