import { clean, preview } from './redact'

/** A frame in words. */
export interface FrameWords {
  readonly name: string
  readonly channel: string
  readonly text: string
  /** It only keeps the connection alive. */
  readonly idle: boolean
}

type Frame = readonly unknown[]
type Words = readonly [name: string, channel: unknown, ...text: unknown[]]

const sent: Readonly<Record<string, (frame: Frame) => Words>> = {
  h: ([, hello]) => {
    const { g, w, t, k } = fields(hello)
    const hold = w === undefined ? '' : w === 0 ? 'not held' : `held ${seconds(w)}`
    return [
      'hello',
      '',
      `generation ${clean(g)}`,
      hold,
      t !== undefined && 'with token',
      k !== undefined && 'with ticket',
    ]
  },
  s: ([, channel, cursor, options]) => {
    const { r } = fields(options)
    return ['subscribe', channel, cursor ? `after ${place(cursor)}` : 'fresh', r !== undefined && `rewind ${clean(r)}`]
  },
  u: ([, channel]) => ['unsubscribe', channel],
  p: ([, n, channel, event, data, options]) => [
    'publish',
    channel,
    `#${clean(n)}`,
    clean(event),
    preview(data),
    resent(options),
  ],
  q: ([, n, channel, name, data, options]) => [
    'request',
    channel,
    `#${clean(n)}`,
    clean(name),
    preview(data),
    resent(options),
  ],
  e: ([, channel, event, data]) => ['volatile', channel, clean(event), preview(data)],
  z: ([, n]) => ['given up', '', `#${clean(n)}`],
  a: () => ['auth', '', 'fresh token'],
  i: () => ['ping', ''],
  o: () => ['pong', ''],
  x: () => ['bye', ''],
}

const received: Readonly<Record<string, (frame: Frame) => Words>> = {
  w: ([, welcome]) => {
    const { id, hb, dd, k } = fields(welcome)
    const times = `heartbeat ${seconds(hb)}, sends remembered ${seconds(dd)}`
    return ['welcome', '', `as ${clean(id)}`, times, k !== undefined && 'with ticket']
  },
  s: ([, channel, status, cursor]) => {
    const begins = { 0: 'fresh', 1: 'resumed', 3: 'no history' }[String(status)] ?? clean(status)
    return ['subscribed', channel, begins, `at ${place(cursor)}`]
  },
  g: ([, channel, cursor, reason, missed]) => [
    'gap',
    channel,
    clean(reason),
    missing(missed),
    `now at ${place(cursor)}`,
  ],
  m: ([, channel, offset, event, data, meta]) => {
    const { f } = fields(meta)
    const by = f === undefined ? false : `from ${clean(f)}`
    return ['event', channel, offset === 0 ? 'volatile' : `@${clean(offset)}`, clean(event), preview(data), by]
  },
  v: ([, channel, offset]) => ['advance', channel, `@${clean(offset)}`],
  k: ([, ...pairs]) => ['accepted', '', accepted(pairs)],
  r: ([, n, data]) => ['reply', '', `#${clean(n)}`, preview(data)],
  n: ([, n, code, message, retry]) => ['rejected', '', `#${clean(n)}`, clean(code), clean(message), again(retry)],
  d: ([, channel, code, message, retry]) => ['dropped', channel, clean(code), clean(message), again(retry)],
  t: ([, ms]) => ['token expires', '', `in ${seconds(ms)}`],
  y: () => ['more', '', 'poll again at once'],
  b: ([, code, reason, retry]) => ['bye', '', clean(code), clean(reason), again(retry)],
  i: () => ['ping', ''],
  o: () => ['pong', ''],
}

/**
 * Names a frame and its parts; secrets do not survive it.
 *
 * @example nameFrame('receive', ['m', 'room:42', 7, 'message', { text: 'hi' }])   // event, room:42, '@7 message {"text":"hi"}'
 */
export function nameFrame(direction: 'send' | 'receive', frame: Frame): FrameWords {
  const op = String(frame[0])
  const table = direction === 'send' ? sent : received
  const words = Object.hasOwn(table, op) ? table[op]?.(frame) : undefined
  const [name, channel, ...rest] = words ?? [`unknown "${clean(op, 10)}"`, '', preview(frame.slice(1))]
  return {
    name,
    // the place of a channel may be taken by its number
    channel: typeof channel === 'number' ? `alias ${channel}` : clean(channel, 128),
    text: rest.filter(Boolean).join(' '),
    idle: op === 'i' || op === 'o',
  }
}

function fields(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function place(cursor: unknown): string {
  return Array.isArray(cursor) ? `@${clean(cursor[1])} of ${clean(cursor[0], 40)}` : clean(cursor)
}

function accepted(pairs: readonly unknown[]): string {
  const texts: string[] = []
  for (let i = 0; i + 1 < pairs.length && texts.length < 20; i += 2)
    texts.push(`#${clean(pairs[i])} @${clean(pairs[i + 1])}`)
  return texts.join(', ') + (pairs.length > 40 ? ', …' : '')
}

function missing(count: unknown): string {
  return count === null || count === undefined ? 'nobody knows how many missed' : `${clean(count)} missed`
}

function again(ms: unknown): string | false {
  return typeof ms === 'number' && `again in ${seconds(ms)}`
}

function resent(options: unknown): string | false {
  const { a } = fields(options)
  return a !== undefined && `(first tried ${seconds(a)} ago)`
}

function seconds(ms: unknown): string {
  if (typeof ms !== 'number') return clean(ms)
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`
}
