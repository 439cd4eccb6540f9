import type { EverwireError } from 'everwire'
import { expect, onTestFinished, test } from 'vitest'
import { startClient, until } from '../support/client'
import { kill, startProcess } from './process'
import { compare } from './traffic'

const rooms = ['room:1', 'room:2'] as const

test.each([[['websocket']], [['polling']], [['websocket', 'polling']]] as const)(
  'F25: the server process is killed while 200 events/s flow over %j: one gap per channel, and every send settles once',
  async (transports) => {
    const first = await startProcess()
    const client = startClient(first.url, { transports })
    const gaps: string[] = []
    const numbers: number[] = []
    const echoes: number[] = []
    let look = () => {}
    const untilHeard = (fits: () => boolean) =>
      new Promise<void>((resolve) => {
        look = () => fits() && resolve()
      })
    for (const name of rooms) client.channel(name).onGap(({ reason }) => gaps.push(`${name}: ${reason}`))
    client.channel('room:1').on('n', (n) => {
      numbers.push(n)
      look()
    })
    client.channel('room:2').on('n', (n) => echoes.push(n))
    for (const name of rooms) await until(client.channel(name), ({ status }) => status === 'joined')

    const outcomes: { n: number; result: string }[] = []
    let said = 0
    const sending = setInterval(() => {
      const n = ++said
      client
        .channel('room:2')
        .publish('n', n)
        .then(
          () => outcomes.push({ n, result: 'ok' }),
          ({ outcome, code }: EverwireError) => outcomes.push({ n, result: outcome ?? code }),
        )
    }, 20)
    onTestFinished(() => clearInterval(sending))
    await untilHeard(() => numbers.length > 100)
    await kill(first.child)
    await startProcess({ port: first.port, first: 1_000_000 })
    await untilHeard(() => (numbers.at(-1) ?? 0) > 1_000_050)
    clearInterval(sending)
    await client.flush()

    expect(gaps.sort()).toEqual(['room:1: epoch', 'room:2: epoch'])
    // nothing twice or out of order, on either side; what is lost is lost in the gap, and what is unknown is said to be
    expect(compare(numbers, numbers)).toEqual({ lost: 0, doubled: 0, reordered: 0 })
    expect(compare(echoes, echoes)).toEqual({ lost: 0, doubled: 0, reordered: 0 })
    expect(outcomes.map(({ n }) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: said }, (_, i) => i + 1))
    const results = outcomes.map(({ result }) => result)
    expect(results.filter((result) => result === 'ok').length).toBeGreaterThan(20)
    expect(results.filter((result) => result !== 'ok' && result !== 'unknown')).toEqual([])
  },
)
