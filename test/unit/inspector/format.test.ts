import { readFileSync } from 'node:fs'
import { EverwireError } from 'everwire'
import { type DebugEvent, formatDebug } from 'everwire/inspector'
import { describe, expect, test } from 'vitest'
import { channelCodes, connectionCodes, explain, gapReasons } from '../../../src/inspector/codes'
import { nameFrame } from '../../../src/inspector/frames'
import { clean, preview } from '../../../src/inspector/redact'
import { closeCodes } from '../../../src/protocol/close-codes'
import { createScriptedClient, tellMinute } from '../../browser/inspector'

const at = 12_345.6
const ws = 'websocket' as const
const line = (event: Omit<DebugEvent, 'at'> | object) => formatDebug({ at, ...event } as DebugEvent)

describe('a line of the log', () => {
  test.each<[object, string]>([
    [{ type: 'dial', transport: 'polling' }, '   12.346  http  dial'],
    [{ type: 'open', transport: ws }, '   12.346  ws    welcomed'],
    [
      { type: 'state', state: { status: 'waiting', attempt: 2, pending: 0, error: new EverwireError('lost', '1006') } },
      '   12.346        is waiting, failed 2× (lost: 1006)',
    ],
    [
      { type: 'state', state: { status: 'connected', transport: ws, attempt: 0, pending: 0 } },
      '   12.346        is connected over websocket',
    ],
    [
      { type: 'fail', transport: ws, code: 4504, reason: 'origin' },
      "   12.346  ws    failed: origin (4504): the page's origin is not allowed; fatal → add the line that the server logged to origins",
    ],
    [
      { type: 'lost', transport: 'polling', code: 1006, reason: 'TypeError: Failed to fetch' },
      '   12.346  http  lost: lost (1006 "TypeError: Failed to fetch"): the link broke, or no server answered',
    ],
    [
      { type: 'send', transport: ws, frame: ['p', 17, 'room:42', 'message', { text: 'hi' }] },
      '   12.346  ws    → publish      room:42 #17 message {"text":"hi"}',
    ],
    [
      { type: 'receive', transport: ws, frame: ['m', 'room:42', 1043, 'message', { text: 'hi' }] },
      '   12.346  ws    ← event        room:42 @1043 message {"text":"hi"}',
    ],
    [{ type: 'receive', transport: ws, frame: ['i'] }, '   12.346  ws    ← ping'],
    [
      { type: 'channel', channel: 'admin', state: { status: 'denied', code: 'forbidden', message: 'not yours' } },
      '   12.346        channel admin is denied (forbidden: not yours)',
    ],
    [
      { type: 'gap', channel: 'news', reason: 'epoch', missed: null },
      '   12.346        gap in news: epoch, nobody knows how many missed',
    ],
  ])('%j', (event, expected) => {
    expect(line(event)).toBe(expected)
  })

  test('looks as the guide says', () => {
    const guide = readFileSync(new URL('../../../docs/inspector.md', import.meta.url), 'utf8')
    const shown = /```\n( +0\.000[\s\S]*?)\n```/.exec(guide)?.[1]?.split('\n') ?? []
    const client = createScriptedClient()
    const said: string[] = []
    client.debug?.((event) => said.push(formatDebug(event)))
    tellMinute(client)
    expect(shown.length).toBe(6)
    expect(shown.filter((one) => !said.includes(one))).toEqual([])
  })

  test('is one line, whatever comes from outside', () => {
    const nasty = 'a\nb\r\u001b[2Jc\u202ed\u2028e'
    const text = line({ type: 'receive', transport: ws, frame: ['m', nasty, 1, nasty, { [nasty]: nasty }] })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    expect(text).not.toMatch(/[\u0000-\u001f\u202e\u2028]/)
    expect(text).toContain('a\\u000ab')
  })
})

describe('frames have names', () => {
  const sent = (...frame: unknown[]) => nameFrame('send', frame)
  const received = (...frame: unknown[]) => nameFrame('receive', frame)

  test.each([
    [sent('h', { v: 1, s: 'x', g: 3, t: 'y', w: 25_000 }), 'hello', '', 'generation 3 held 25 s with token'],
    [sent('h', { v: 1, s: 'x', g: 0, k: 'y', w: 0 }), 'hello', '', 'generation 0 not held with ticket'],
    [sent('s', 'room:42', null, { r: 20 }), 'subscribe', 'room:42', 'fresh rewind 20'],
    [sent('s', 'room:42', ['k3', 7]), 'subscribe', 'room:42', 'after @7 of k3'],
    [sent('u', 'room:42'), 'unsubscribe', 'room:42', ''],
    [sent('p', 1, 'room:42', 'say', 'hi', { a: 1_500 }), 'publish', 'room:42', '#1 say "hi" (first tried 1.5 s ago)'],
    [sent('q', 2, 'room:42', 'history', { limit: 5 }), 'request', 'room:42', '#2 history {"limit":5}'],
    [sent('e', 'room:42', 'typing', null), 'volatile', 'room:42', 'typing null'],
    [sent('z', 3), 'given up', '', '#3'],
    [sent('a', 'a-token'), 'auth', '', 'fresh token'],
    [sent('x'), 'bye', '', ''],
    [
      received('w', { id: 'me', hb: 25_000, dd: 120_000, k: 'x' }),
      'welcome',
      '',
      'as me heartbeat 25 s, sends remembered 120 s with ticket',
    ],
    [received('s', 'room:42', 1, ['k3', 7]), 'subscribed', 'room:42', 'resumed at @7 of k3'],
    [received('g', 'room:42', ['k4', 9], 'trimmed', 12), 'gap', 'room:42', 'trimmed 12 missed now at @9 of k4'],
    [received('m', 3, 0, 'say', new Uint8Array(5)), 'event', 'alias 3', 'volatile say <5 bytes>'],
    [received('v', 'room:42', 8), 'advance', 'room:42', '@8'],
    [received('k', 1, 10, 2, 11), 'accepted', '', '#1 @10, #2 @11'],
    [received('r', 2, [1]), 'reply', '', '#2 [1]'],
    [received('n', 2, 'rate', 'slow down', 250), 'rejected', '', '#2 rate slow down again in 250 ms'],
    [received('d', 'room:42', 'revoked', 'out', null), 'dropped', 'room:42', 'revoked out'],
    [received('t', 60_000), 'token expires', '', 'in 60 s'],
    [received('y'), 'more', '', 'poll again at once'],
    [received('b', 4001, 'restart', 3_200), 'bye', '', '4001 restart again in 3.2 s'],
    [received('?', { a: 1 }), 'unknown "?"', '', '[{"a":1}]'],
    [received('toString'), 'unknown "toString"', '', '[]'],
  ])('%j', ({ name, channel, text }, ...expected) => {
    expect([name, channel, text]).toEqual(expected)
  })

  test('and frames that are none do no harm', () => {
    for (const frame of [[], [null], ['h'], ['h', null], ['s'], ['k', {}], ['g', 1, 2, 3], ['m', {}, {}, {}, {}]])
      for (const direction of ['send', 'receive'] as const) expect(nameFrame(direction, frame).name).not.toBe('')
  })
})

describe('secrets', () => {
  const secrets = ['hush-secret', 'hush-token', 'hush-ticket', 'hush-deep']
  const events: object[] = [
    { type: 'send', transport: ws, frame: ['h', { v: 1, s: 'hush-secret', g: 1, t: 'hush-token', k: 'hush-ticket' }] },
    { type: 'send', transport: ws, frame: ['a', 'hush-token'] },
    {
      type: 'receive',
      transport: ws,
      frame: ['w', { v: 1, id: 'me', k: 'hush-ticket', hb: 1, dd: 1, s: 'hush-secret' }],
    },
    {
      type: 'receive',
      transport: ws,
      frame: ['m', 'c', 1, 'e', { user: { accessToken: 'hush-token', password: ['hush-deep'] } }],
    },
    { type: 'receive', transport: ws, frame: ['r', 1, { 'Set-Cookie': 'hush-deep', api_key: 'hush-deep' }] },
    { type: 'fail', transport: ws, code: 1006, reason: 'wss://x.test/?token=hush-token&a=1 Bearer hush-token' },
    {
      type: 'state',
      state: { status: 'closed', attempt: 0, pending: 0, error: new EverwireError('lost', 'Bearer hush-token') },
    },
    {
      type: 'receive',
      transport: ws,
      frame: ['n', 1, 'refused', 'eyJhbGciOiJIUzI1NiJ9.eyJodXNoLWRlZXAiOjF9.c2ln', null],
    },
  ]

  test.each(events)('are in no line: %j', (event) => {
    const text = line(event)
    for (const secret of [...secrets, 'eyJ']) expect(text).not.toContain(secret)
  })

  test('stay hidden when a text is cut in the middle of one', () => {
    const token = `eyJ${'a'.repeat(300)}.${'b'.repeat(300)}.c`
    expect(clean(`x ${token}`, 50)).toBe('x •••')
    expect(preview({ note: token }, 50)).not.toContain('aaa')
  })
})

describe('a preview', () => {
  test('shows small things whole', () => {
    expect(preview({ a: [1, 'two', null, true], b: { c: undefined } })).toBe(
      '{"a":[1,"two",null,true],"b":{"c":undefined}}',
    )
    expect(preview(new Date(0))).toBe('"1970-01-01T00:00:00.000Z"')
  })

  test('looks at no more of a big thing than it shows', () => {
    let looked = 0
    const big = Array.from({ length: 10_000 }, (_, i) => ({
      get n() {
        looked++
        return i
      },
    }))
    expect(preview(big, 100).length).toBeLessThan(130)
    expect(looked).toBeLessThan(50)
  })

  test('ends, whatever it is given', () => {
    const round: Record<string, unknown> = {}
    round.self = round
    expect(preview(round)).toContain('…')
    const angry = {
      get x() {
        throw new Error('no')
      },
    }
    expect(preview(angry)).toBe('<unreadable>')
    expect(preview({ toJSON: () => angry })).toBe('<unreadable>')
  })
})

describe('codes', () => {
  const guide = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8')
  const plain = (text: string) => text.replaceAll('`', '').trim()

  /** The rows of one table of `docs/errors.md`: code → [what happened, what to do]. */
  function tableUnder(heading: string): Record<string, readonly string[]> {
    const part = guide.split(/^## /m).find((text) => text.startsWith(heading)) ?? ''
    const rows = [...part.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(([, code = '', rest = '']) => {
      const cells = rest.split('|').map(plain)
      return [code, cells.slice(-2)] as const
    })
    return Object.fromEntries(rows)
  }

  test('have the words of docs/errors.md', () => {
    expect(connectionCodes).toEqual(tableUnder('The connection'))
    expect(channelCodes).toEqual(tableUnder('Channels'))
  })

  test('are known by their numbers and by their words', () => {
    for (const [name, code] of Object.entries(closeCodes)) expect(explain(code, '').code).toBe(name)
    expect(explain(1006, '').code).toBe('lost')
    expect(explain(1006, 'timeout').code).toBe('timeout')
    expect(explain(4000, 'auth_failed').code).toBe('auth_failed')
    expect(explain(4501, 'expired').code).toBe('expired')
    expect(explain(4123, 'moved').code).toBe('4123')
    expect(explain(4999, 'constructor')).toMatchObject({ code: '4999' })
  })

  test('and every reason for a gap is', () => {
    expect(Object.keys(gapReasons).sort()).toEqual(['ahead', 'epoch', 'overload', 'trimmed', 'truncated'])
  })
})
