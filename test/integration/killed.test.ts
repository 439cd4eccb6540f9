import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { EverwireError } from 'everwire'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startClient, until } from '../support/client'

const script = fileURLToPath(new URL('../support/feed-server.mjs', import.meta.url))

/** A server in a process of its own; it runs the build. */
async function startProcess(port: number, first: number): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(script, [port, first, 200].map(String))
  onTestFinished(() => void child.kill('SIGKILL'))
  const message = await new Promise<{ port: number }>((resolve, reject) => {
    child.once('message', (value) => resolve(value as { port: number }))
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
  })
  return { child, port: message.port }
}

describe.each([[['websocket']], [['polling']], [['websocket', 'polling']]] as const)('over %j', (transports) => {
  test('the process is killed while 200 events/s flow: one gap per channel, and every send settles once', async () => {
    const first = await startProcess(0, 1)
    const client = startClient(`http://127.0.0.1:${first.port}/realtime`, { transports })
    const rooms = ['room:1', 'room:2'] as const
    const gaps: Record<string, unknown[]> = { 'room:1': [], 'room:2': [] }
    const numbers: number[] = []
    const echoes: number[] = []
    for (const name of rooms) client.channel(name).onGap(({ reason }) => gaps[name]?.push(reason))
    client.channel('room:1').on('n', (n) => numbers.push(n))
    client.channel('room:2').on('n', (n) => echoes.push(n))
    for (const name of rooms) await until(client.channel(name), ({ status }) => status === 'joined')

    let settled = 0
    const outcomes: string[] = []
    let next = 0
    const send = () =>
      client
        .channel('room:2')
        .publish('n', next++)
        .then(
          () => outcomes.push('ok'),
          (error: EverwireError) => outcomes.push(error.outcome ?? error.code),
        )
        .finally(() => settled++)
    const sending = setInterval(send, 20)
    onTestFinished(() => clearInterval(sending))
    await expect.poll(() => numbers.length, { timeout: 10_000 }).toBeGreaterThan(100)
    const exited = new Promise((resolve) => first.child.once('exit', resolve))
    first.child.kill('SIGKILL')
    await exited
    await startProcess(first.port, 1_000_000)
    await expect.poll(() => numbers.at(-1), { timeout: 10_000 }).toBeGreaterThan(1_000_050)
    clearInterval(sending)
    await client.flush({ timeout: 10_000 })

    // one gap per channel, and no number twice or out of order
    expect(gaps).toEqual({ 'room:1': ['epoch'], 'room:2': ['epoch'] })
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    expect(echoes).toEqual([...new Set(echoes)].sort((a, b) => a - b))
    expect(settled).toBe(next)
    expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeGreaterThan(20)
    expect([...new Set(outcomes)].filter((outcome) => outcome !== 'ok' && outcome !== 'unknown')).toEqual([])
  })
})
