import { spawn } from 'node:child_process'
import { createServer, type IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { createRealtime } from 'everwire/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { freePort } from '../support/free-port'
import { bundleScript } from './process'
import type { ProgramOptions } from './unref-process'

interface Source {
  url: string
  publish(n: number): unknown
  /** Requests without an answer, and those whose asker went away before there was one. */
  readonly held: number
  readonly cut: number
}

async function startRealtime(): Promise<Source> {
  const realtime = createRealtime({ channels: { 'room:{id}': {} } })
  const answers: ServerResponse[] = []
  class Answer extends ServerResponse {
    constructor(request: IncomingMessage) {
      super(request)
      answers.push(this)
    }
  }
  const server = createServer({ ServerResponse: Answer })
  realtime.attach(server, { path: '/realtime' })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await realtime.close()
    server.closeAllConnections()
    server.close()
  })
  const missing = (gone: boolean) => answers.filter((one) => !one.writableEnded && one.closed === gone).length
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/realtime`,
    publish: (n) => realtime.publish('room:1', 'n', n),
    get held() {
      return missing(false)
    },
    get cut() {
      return missing(true)
    },
  }
}

async function startPlain(): Promise<Source> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate()
    server.close()
  })
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish(n) {
      for (const socket of server.clients) socket.send(String(n))
    },
    held: 0,
    cut: 0,
  }
}

/** The program of `unref-process.ts`. The last of its lines tells its end: `exit 0`. */
async function startProgram(options: ProgramOptions, missing: string[] = []) {
  const script = await bundleScript('unref-process.ts', { missing })
  const child = spawn(process.execPath, [script, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
  child.on('close', (code, signal) => lines.push(`exit ${code ?? signal}`))
  let known = 0
  return {
    /** These are the next lines. */
    async says(...expected: unknown[]) {
      await vi.waitFor(() => expect(lines.slice(known)).toEqual(expected), { timeout: 10_000, interval: 5 })
      known = lines.length
    },
    /** Nothing is left to do. */
    idle: () => child.stdin.end(),
  }
}

const bare = { bare: true }
const overWebSocket = { transports: ['websocket'] } as const
const overPolling = { transports: ['polling'] } as const
const ways = [
  { what: 'a client over WebSocket', options: overWebSocket, start: startRealtime, by: 'websocket' },
  { what: 'a client over long-polling', options: overPolling, start: startRealtime, by: 'polling' },
  { what: 'a bare WebSocket', options: bare, start: startPlain, by: 'websocket' },
]

test.each(ways)(
  '$what with `unref` hears events while there is something else to do, and then lets the process end',
  async ({ options, start, by }) => {
    const server = await start()
    const { says, idle } = await startProgram({ url: server.url, unref: true, ...options })
    await says('joined')
    for (const n of [1, 2, 3]) {
      server.publish(n)
      await says(`${by} ${n}`)
    }
    const held = by === 'polling' ? 1 : 0
    await vi.waitFor(() => expect(server.held).toBe(held))
    const { cut } = server
    idle()
    await says('idle', 'was connected', 'exit 0')
    // it did not wait for the moment between two polls
    await vi.waitFor(() => expect(server.cut - cut).toBe(held))
  },
)

test.each(ways)('$what keeps the process alive by default', async ({ options, start, by }) => {
  const server = await start()
  const { says, idle } = await startProgram({ url: server.url, ...options })
  await says('joined')
  idle()
  await says('idle')
  for (const n of [1, 2, 3]) {
    server.publish(n)
    await says(`${by} ${n}`)
  }
})

test('with `unref` and without the package `ws` long-polling carries on alone', async () => {
  const server = await startRealtime()
  const { says, idle } = await startProgram({ url: server.url, unref: true }, ['ws'])
  await says('joined')
  server.publish(1)
  await says('polling 1')
  idle()
  await says('idle', 'was connected', 'exit 0')
})

test.each([overWebSocket, overPolling, bare])(
  'with `unref` nobody waits for a server that is not there: %j',
  async (options) => {
    const url = `http://127.0.0.1:${await freePort()}/realtime`
    const { says, idle } = await startProgram({ url, unref: true, ...options })
    idle()
    await says('idle', expect.stringMatching(/^was (connecting|waiting|not open)$/), 'exit 0')
  },
)
