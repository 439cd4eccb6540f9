import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { retries, startTarget, type Target } from './server'
import { dial, parse, post, secret } from './talk'

// Transcripts: `-- WebSocket 1` or `-- POST 1` names the connection, C: is what the client says, S: what the server must answer, # a remark.
// `<name>` is bound where it comes first and stands for the same everywhere else, `<text>`, `<reason>` and `<ms>` for anything.
// Keys and elements beyond those shown are ignored, and so is the order of answers of different kinds.

const folder = new URL('golden/', import.meta.url)
const files = readdirSync(folder).filter((file) => file.endsWith('.txt'))
const textOf = (file: string) => readFileSync(new URL(file, folder), 'utf8')

let target: Target
let url: string
beforeAll(async () => {
  target = await startTarget()
  url = process.env.EVERWIRE_URL ?? target.url
})
afterAll(() => target.close())
beforeEach(() => {
  retries.push(true, true)
  onTestFinished(() => void retries.splice(0))
})

type Names = Map<string, unknown>

/** What stands for `value`, by what is known so far; a name that is new stays. */
function filled(value: unknown, names: Names): unknown {
  if (Array.isArray(value)) return value.map((each) => filled(each, names))
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, filled(each, names)]))
  if (typeof value !== 'string') return value
  if (names.has(value)) return names.get(value)
  return value.replace(/<[^>]+>/, (name) => String(names.get(name) ?? name))
}

const anything = new Set(['<text>', '<reason>', '<ms>'])

/** Binds what is new. Elements and keys beyond those expected count for nothing. */
function bind(expected: unknown, value: unknown, names: Names): void {
  if (typeof expected === 'string' && /^<[^>]+>$/.test(expected)) {
    expect(value).toBeDefined()
    if (!anything.has(expected)) names.set(expected, value)
  } else if (Array.isArray(expected) && Array.isArray(value)) {
    for (const [i, each] of expected.entries()) bind(filled(each, names), value[i], names)
  } else if (typeof expected === 'object' && expected !== null) {
    for (const [key, each] of Object.entries(expected))
      bind(filled(each, names), (value as Record<string, unknown>)[key], names)
  } else expect(value).toEqual(expected)
}

interface Peer {
  say(lines: string[]): Promise<void> | void
  /** As many frames as the transcript has here, or undefined: it shows the end. */
  hear(count: number): Promise<unknown[][]>
  closed: Promise<number>
}

async function webSocket(): Promise<Peer> {
  const talk = await dial(url)
  let taken = 0
  const frames = () => talk.heard.filter(([op]) => op !== 'i').slice(taken)
  return {
    say: (lines) => talk.raw(lines.join('\n')),
    async hear(count) {
      await expect.poll(() => frames().length, { interval: 5 }).toBeGreaterThanOrEqual(count)
      const heard = frames().slice(0, count)
      taken += count
      return heard
    },
    closed: talk.closed,
  }
}

function exchange(): Peer {
  let answer: Promise<string> = Promise.resolve('')
  return {
    say(lines) {
      answer = post(url, lines.join('\n')).then(({ text }) => text)
    },
    hear: async () => parse(await answer),
    closed: answer.then(() => 0),
  }
}

const byKind = (frames: unknown[][]) => [...frames].sort(([a], [b]) => (String(a) < String(b) ? -1 : a === b ? 0 : 1))

async function replay(text: string): Promise<void> {
  const names: Names = new Map<string, unknown>([
    ['<secret>', secret()],
    ['<room>', `room:${secret()}`],
  ])
  const peers = new Map<string, Peer>()
  // stretches of lines that one side says without the other
  for (const [, name = '', body = ''] of text.matchAll(/^-- (.*)\n((?:(?!-- ).*\n)*)/gm)) {
    const peer = peers.get(name) ?? (name.startsWith('POST') ? exchange() : await webSocket())
    peers.set(name, peer)
    const lines = body.split('\n').filter((line) => /^[CS]: /.test(line))
    while (lines.length > 0) {
      const side = lines[0]?.[0] as string
      const end = lines.findIndex((line) => line[0] !== side)
      const stretch = lines.splice(0, end < 0 ? lines.length : end).map((line) => line.slice(3))
      if (side === 'C') await peer.say(stretch.map((line) => JSON.stringify(filled(JSON.parse(line), names))))
      else await answered(peer, stretch, names)
    }
  }
  expect(peers.size).toBeGreaterThan(0)
}

async function answered(peer: Peer, stretch: string[], names: Names): Promise<void> {
  const frames = stretch.filter((line) => line.startsWith('[')).map((line) => JSON.parse(line) as unknown[])
  const heard = await peer.hear(frames.length)
  expect(heard.map(([op]) => op).sort()).toEqual(frames.map(([op]) => op).sort())
  const sorted = byKind(heard)
  // the welcome first, since it names the client; then by kind
  const welcomeFirst = (each: unknown[][]) => [
    ...each.filter(([op]) => op === 'w'),
    ...each.filter(([op]) => op !== 'w'),
  ]
  const [wanted, got] = [welcomeFirst(byKind(frames)), welcomeFirst(sorted)]
  for (const pass of ['g', 's', undefined])
    for (const [i, frame] of wanted.entries())
      if (pass === undefined || frame[0] === pass || frame[0] === 'w') bind(filled(frame, names), got[i], names)
  const end = stretch.find((line) => line.startsWith('closed '))
  if (end) expect(await peer.closed).toBe(Number(end.slice(7)))
}

test.each(files)('P-80: %s goes over the wire as it is written', async (file) => {
  await replay(textOf(file))
})

test('the transcripts are shown in the protocol, word for word', () => {
  const protocol = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8')
  for (const file of files) expect(protocol).toContain(textOf(file))
})

test('a transcript that says what the server does not do fails', async () => {
  const [first = ''] = files
  const text = textOf('websocket.txt')
  expect(first).not.toBe('')
  for (const [right, wrong] of [
    ['S: ["k",1,1]', 'S: ["k",1,2]'],
    ['S: ["o"]', 'S: ["b",4400,"<text>",null]'],
    ['"f":"<id>:1"', '"f":"<id>:2"'],
    ['S: closed 1000', 'S: closed 4009'],
  ] as const) {
    expect(text).toContain(right)
    await expect(replay(text.replace(right, wrong))).rejects.toThrow()
  }
})
