// A program that has something to do until its input ends. What it hears and what becomes of it, it says in lines.
import { type ClientOptions, createClient } from 'everwire'
import { ReconnectingWebSocket } from 'everwire/socket'

export interface ProgramOptions {
  url: string
  unref?: boolean
  transports?: ClientOptions['transports']
  /** A bare WebSocket instead of a client. */
  bare?: boolean
}

const { bare, url, ...options }: ProgramOptions = JSON.parse(process.argv[2] as string)

function startClient(): () => string {
  const client = createClient({ url, ...options })
  const room = client.channel('room:1')
  room.on('n', (n) => console.log(client.state.transport, n))
  room.watch(({ status }) => status === 'joined' && console.log(status))
  return () => client.state.status
}

function startSocket(): () => string {
  const socket = new ReconnectingWebSocket(url, [], options)
  socket.onopen = () => console.log('joined')
  socket.onmessage = ({ data }) => console.log('websocket', data)
  return () => (socket.readyState === socket.OPEN ? 'connected' : 'not open')
}

const status = bare ? startSocket() : startClient()
process.stdin.on('end', () => console.log('idle')).resume()
process.on('exit', () => console.log('was', status()))
