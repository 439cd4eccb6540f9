import { onTestFinished } from 'vitest'
import type { ReconnectingWebSocketOptions } from '../../../src/socket/options'
import { socketFor } from '../../../src/socket/socket'
import { createFakeEnvironment } from '../../support/fake-environment'
import { createFakeWebSocket, type FakeSocket } from '../../support/fake-websocket'

interface SetUp extends ReconnectingWebSocketOptions {
  url?: ConstructorParameters<ReturnType<typeof socketFor>>[0]
  protocols?: ConstructorParameters<ReturnType<typeof socketFor>>[1]
  seed?: number
}

/** A socket whose platform is in the hands of the test; what it tells is written down in one line each. */
export function setUp({ url = 'wss://feed.test/ticker', protocols, seed = 1, ...options }: SetUp = {}) {
  const { WebSocket, dials } = createFakeWebSocket()
  const environment = createFakeEnvironment({ seed, webSocket: () => WebSocket })
  const ReconnectingWebSocket = socketFor(() => environment)
  const socket = new ReconnectingWebSocket(url, protocols, options)
  const told: string[] = []
  const tell = (line: string) => told.push(`${socket.readyState} ${line}`)
  socket.addEventListener('open', () => tell('open'))
  socket.addEventListener('message', ({ data }) => tell(`message ${data}`))
  socket.addEventListener('error', (event) => tell(`error ${(event as ErrorEvent).error?.code ?? event}`))
  socket.addEventListener('close', ({ code, reason, wasClean }) => tell(`close ${code} ${reason || '-'} ${wasClean}`))
  onTestFinished(async () => {
    socket.close()
    await environment.advance(5_000)
  })

  return {
    socket,
    environment,
    dials,
    /** What was told since the last time it was asked for. */
    told: () => told.splice(0),
    ReconnectingWebSocket,
    /** The next dial, once it was made. */
    async dialled(): Promise<FakeSocket> {
      await environment.advance(0)
      return dials.next()
    },
    /** Lets the next dial open. */
    async open(): Promise<FakeSocket> {
      await environment.advance(0)
      const dial = await dials.next()
      dial.accept()
      return dial
    },
  }
}
