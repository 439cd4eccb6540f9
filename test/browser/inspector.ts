import type { ChannelState, ClientState } from 'everwire'
import { EverwireError } from 'everwire'
import type { DebugEvent, Inspectable } from 'everwire/inspector'

// A client that tells a story it was given: what the inspector shows then is the same each time.

type Told = DebugEvent extends infer E ? (E extends { at: number } ? Omit<E, 'at'> : never) : never

/** A client in the hands of a test. */
export interface ScriptedClient extends Inspectable {
  /** Tells one thing, `at` ms. */
  tell(at: number, ...told: Told[]): void
  /** Changes what is not told, such as `pending`. */
  set(change: Partial<ClientState>): void
  /** Who listens. */
  readonly listeners: number
}

export function createScriptedClient(): ScriptedClient {
  const debuggers = new Set<(event: DebugEvent) => void>()
  const watchers = new Set<(state: ClientState) => void>()
  let state: ClientState = { status: 'idle', attempt: 0, pending: 0 }

  function become(next: ClientState): void {
    state = Object.freeze(next)
    for (const watcher of [...watchers]) watcher(state)
  }

  return {
    get state() {
      return state
    },
    get listeners() {
      return debuggers.size + watchers.size
    },
    debug(listener) {
      debuggers.add(listener)
      return () => debuggers.delete(listener)
    },
    watch(listener) {
      watchers.add(listener)
      return () => watchers.delete(listener)
    },
    tell(at, ...told) {
      for (const each of told) {
        for (const listener of [...debuggers]) listener({ at, ...each } as DebugEvent)
        if (each.type === 'state') become(each.state)
      }
    },
    set: (change) => become({ ...state, ...change }),
  }
}

const lost = () => new EverwireError('lost', '1006')
const is = (state: Partial<ClientState> & Pick<ClientState, 'status'>): Told => ({
  type: 'state',
  state: { attempt: 0, pending: 0, ...state },
})
const sends = (transport: 'websocket' | 'polling', ...frame: unknown[]): Told => ({ type: 'send', transport, frame })
const hears = (transport: 'websocket' | 'polling', ...frame: unknown[]): Told => ({ type: 'receive', transport, frame })
const channel = (name: string, state: ChannelState): Told => ({ type: 'channel', channel: name, state })
const welcome = { v: 1, id: 'k5KntAJ3uVxcjp', hb: 25_000, dd: 120_000, sp: 150 }

/** A minute in the life of a client: a good start, a proxy that cuts WebSockets, a tunnel, a server that forgot. */
export function tellMinute(client: ScriptedClient): void {
  const { tell } = client
  const ws = 'websocket' as const
  const http = 'polling' as const
  let n = 0
  let offset = 1_040
  const talk = (from: number, to: number, transport: typeof ws | typeof http, every: number) => {
    for (let at = from; at < to; at += every * (0.6 + 0.8 * noise())) {
      offset++
      const text = lines[offset % lines.length]
      if (noise() < 0.3) {
        n++
        tell(at, sends(transport, 'p', n, 'room:42', 'message', { from: 'ada', text }, {}))
        client.set({ pending: 1 })
        tell(
          at + 24,
          hears(transport, 'm', 'room:42', offset, 'message', { from: 'ada', text }, { f: `k5KntAJ3uVxcjp:${n}` }),
        )
        tell(at + 24, hears(transport, 'k', n, offset))
        client.set({ pending: 0, rtt: Math.round((transport === ws ? 22 : 58) + 14 * noise()) })
      } else tell(at, hears(transport, 'm', 'room:42', offset, 'message', { from: 'grace', text }))
    }
  }

  tell(0, is({ status: 'connecting' }), { type: 'dial', transport: ws }, { type: 'dial', transport: http })
  tell(2, channel('room:42', { status: 'joining' }), channel('news', { status: 'joining' }))
  tell(3, sends(http, 'h', { v: 1, g: 0, w: 0 }), sends(http, 's', 'room:42', null, { r: 20 }))
  tell(58, { type: 'open', transport: http }, hears(http, 'w', welcome), is({ status: 'connected', transport: http }))
  tell(59, hears(http, 's', 'room:42', 0, ['k3Jd9a', 1_040]), channel('room:42', { status: 'joined' }))
  tell(90, sends(ws, 'h', { v: 1, g: 1 }), sends(ws, 's', 'room:42', ['k3Jd9a', 1_040]))
  tell(
    112,
    { type: 'open', transport: ws },
    hears(ws, 'w', welcome),
    is({ status: 'connected', transport: ws, rtt: 24 }),
  )
  tell(113, hears(ws, 's', 'news', 0, ['Zp01xq', 7]), channel('news', { status: 'joined' }))
  talk(600, 17_000, ws, 320)
  tell(17_400, { type: 'lost', transport: ws, code: 1006, reason: '' })
  tell(17_400, is({ status: 'waiting', attempt: 0, error: lost() }))
  tell(17_500, is({ status: 'connecting' }), { type: 'dial', transport: ws }, { type: 'dial', transport: http })
  tell(17_560, { type: 'open', transport: http }, is({ status: 'connected', transport: http, rtt: 61 }))
  tell(17_690, { type: 'fail', transport: ws, code: 1006, reason: '' })
  talk(17_900, 30_000, http, 340)
  tell(30_200, { type: 'dial', transport: ws })
  tell(30_290, { type: 'open', transport: ws }, is({ status: 'connected', transport: ws, rtt: 23 }))
  talk(30_500, 38_000, ws, 300)
  tell(38_100, { type: 'lost', transport: ws, code: 1006, reason: '' }, is({ status: 'offline', error: lost() }))
  client.set({ pending: 3 })
  tell(
    43_400,
    is({ status: 'connecting', pending: 3 }),
    { type: 'dial', transport: ws },
    { type: 'dial', transport: http },
  )
  tell(43_470, { type: 'open', transport: http }, is({ status: 'connected', transport: http, rtt: 60 }))
  tell(43_560, { type: 'open', transport: ws }, is({ status: 'connected', transport: ws, rtt: 23 }))
  talk(43_600, 51_000, ws, 280)
  tell(51_200, { type: 'lost', transport: ws, code: 4001, reason: 'restart' })
  tell(51_200, is({ status: 'waiting', error: new EverwireError('restart', '4001 restart') }))
  tell(52_100, is({ status: 'connecting' }), { type: 'dial', transport: ws })
  tell(
    52_190,
    { type: 'open', transport: ws },
    hears(ws, 'w', welcome),
    is({ status: 'connected', transport: ws, rtt: 25 }),
  )
  tell(52_195, hears(ws, 'g', 'news', ['b7Rt0c', 0], 'epoch', null), {
    type: 'gap',
    channel: 'news',
    reason: 'epoch',
    missed: null,
  })
  tell(52_196, hears(ws, 's', 'room:42', 1, ['k3Jd9a', offset]))
  tell(52_300, sends(ws, 's', 'admin', null), hears(ws, 'd', 'admin', 'forbidden', 'not yours', null))
  tell(52_301, channel('admin', { status: 'denied', code: 'forbidden', message: 'not yours' }))
  talk(52_400, 57_000, ws, 260)
  tell(57_200, { type: 'lost', transport: ws, code: 1006, reason: '' })
  tell(57_200, is({ status: 'waiting', attempt: 0, error: lost() }))
  tell(57_300, is({ status: 'connecting' }), { type: 'dial', transport: ws }, { type: 'dial', transport: http })
  tell(57_360, { type: 'open', transport: http }, is({ status: 'connected', transport: http, rtt: 62 }))
  tell(57_480, { type: 'fail', transport: ws, code: 1006, reason: '' })
  talk(57_600, 59_800, http, 200)
  client.set({ pending: 2 })
}

/** The same, and then the server refuses the token. */
export function tellRefusal(client: ScriptedClient): void {
  tellMinute(client)
  const error = new EverwireError('unauthorized', '4501 unauthorized')
  client.tell(
    61_000,
    { type: 'lost', transport: 'polling', code: 4501, reason: 'expired' },
    is({ status: 'connecting', attempt: 1, error }),
    { type: 'dial', transport: 'websocket' },
    { type: 'dial', transport: 'polling' },
  )
  client.tell(
    61_090,
    { type: 'fail', transport: 'polling', code: 4501, reason: 'unauthorized' },
    is({ status: 'closed', attempt: 1, error, pending: 2 }),
  )
}

const lines = [
  'hi',
  'Still reading you.',
  'Long-polling took over.',
  'Typed in a tunnel, sent when it ended.',
  'Nothing is missing here.',
]

let seed = 7
/** Numbers in [0, 1) that look like chance and are always the same. */
function noise(): number {
  seed = (seed * 16_807) % 2_147_483_647
  return seed / 2_147_483_647
}
