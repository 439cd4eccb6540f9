import type { ChannelState, ClientState } from '../client/types'
import { channelCodes, type Explanation, explain, explainCode } from './codes'
import type { DebugEvent } from './debug'
import { formatDebug } from './format'
import { nameFrame } from './frames'
import { clean } from './redact'
import { createRing, newest, type Ring } from './ring'

type Carrier = 'websocket' | 'polling'

/** A stretch of time in one state. */
export interface Span {
  readonly from: number
  readonly status: ClientState['status']
  readonly transport: Carrier | undefined
}

/** One dial of one transport, and what came of it. */
export interface Attempt {
  readonly at: number
  readonly transport: Carrier
  outcome: 'dialling' | 'open' | 'failed' | 'lost' | 'left'
  /** When it was welcomed. */
  openedAt?: number
  /** When it ended. */
  endedAt?: number
  explanation?: Explanation
  /** What the other side or the platform said, if that is more than the code. */
  said?: string
}

/** A frame that went over the wire. */
export interface Traffic {
  readonly at: number
  readonly direction: 'send' | 'receive'
  readonly transport: Carrier
  readonly name: string
  readonly channel: string
  readonly text: string
  readonly idle: boolean
}

/** A gap that was reported. */
export interface Gap {
  readonly at: number
  readonly channel: string
  readonly reason: string
  readonly missed: number | null
}

/** What is known of a channel. */
export interface ChannelRecord {
  readonly name: string
  status: ChannelState['status']
  explanation?: Explanation
  epoch: string
  offset: number | undefined
  events: number
  lastEventAt: number | undefined
  gaps: number
}

/** What a client has told so far, in bounded memory. */
export interface Journal {
  /** @param heard when it was told, on the platform's clock; default now */
  add(event: DebugEvent, heard?: number): void
  observe(state: ClientState): void
  readonly state: ClientState
  readonly spans: Ring<Span>
  readonly attempts: Ring<Attempt>
  readonly traffic: Ring<Traffic>
  readonly gaps: Ring<Gap>
  /** Round trips, ms. */
  readonly trips: Ring<number>
  readonly channels: ReadonlyMap<string, ChannelRecord>
  /** Everything as lines of text. */
  readonly lines: Ring<string>
  /** Frames in each of the last seconds, the present one last. */
  perSecond(): readonly number[]
  /** Present time on the clock of the events. */
  now(): number
  readonly begin: number
}

const most = { spans: 300, attempts: 200, traffic: 500, gaps: 100, trips: 120, channels: 300, lines: 1_000 }
/** A line of text is cut here, characters. */
const longestLine = 600
const secondsKept = 40

/** @param clock the platform's monotonic clock, ms: how much time has passed since the last event */
export function createJournal(clock: () => number): Journal {
  const spans = createRing<Span>(most.spans)
  const attempts = createRing<Attempt>(most.attempts)
  const traffic = createRing<Traffic>(most.traffic)
  const gaps = createRing<Gap>(most.gaps)
  const trips = createRing<number>(most.trips)
  const lines = createRing<string>(most.lines)
  const channels = new Map<string, ChannelRecord>()
  const counts: { second: number; frames: number }[] = []
  let state: ClientState = { status: 'idle', attempt: 0, pending: 0 }
  let begin: number | undefined
  let lastAt = 0
  let heardAt = clock()

  const now = () => lastAt + clock() - heardAt

  function observe(next: ClientState): void {
    if (next.rtt !== undefined && next.rtt !== state.rtt) trips.push(next.rtt)
    state = next
    const { status, transport } = next
    if (spans.last?.status !== status || spans.last.transport !== transport)
      spans.push({ from: now(), status, transport })
    // nothing is dialled any more, nor held
    if (status === 'closed' || status === 'offline' || status === 'waiting')
      for (const attempt of attempts.all) if (attempt.endedAt === undefined) end(attempt, 'left', now())
  }

  /** The newest attempt of a transport, if it is as asked. */
  function find(transport: Carrier, outcome: Attempt['outcome']): Attempt | undefined {
    return newest(attempts.all, (attempt) => attempt.transport === transport && attempt.outcome === outcome)
  }

  function end(attempt: Attempt | undefined, outcome: Attempt['outcome'], at: number): Attempt | undefined {
    if (attempt) Object.assign(attempt, { outcome, endedAt: at })
    return attempt
  }

  function open(transport: Carrier, at: number): void {
    const attempt = find(transport, 'dialling') ?? begun(transport, at)
    attempt.outcome = 'open'
    attempt.openedAt = at
    // make before break: one link takes over from another
    for (const other of attempts.all) if (other !== attempt && other.outcome === 'open') end(other, 'left', at)
  }

  function begun(transport: Carrier, at: number): Attempt {
    end(find(transport, 'dialling'), 'left', at)
    const attempt: Attempt = { at, transport, outcome: 'dialling' }
    attempts.push(attempt)
    return attempt
  }

  function ended(event: DebugEvent & { type: 'fail' | 'lost' }): void {
    const { transport, type, code, reason, at } = event
    const attempt = find(transport, type === 'fail' ? 'dialling' : 'open') ?? begun(transport, at)
    end(attempt, type === 'fail' ? 'failed' : 'lost', at)
    const explanation = explain(code, reason)
    attempt.explanation = { ...explanation, code: clean(explanation.code), what: clean(explanation.what) }
    const detail = `${code}${reason && reason !== explanation.code ? ` ${reason}` : ''}`
    attempt.said = clean(detail)
  }

  function record(name: string): ChannelRecord {
    let channel = channels.get(name)
    if (!channel) {
      if (channels.size >= most.channels) channels.delete(channels.keys().next().value as string)
      channel = {
        name: clean(name, 128),
        status: 'idle',
        epoch: '',
        offset: undefined,
        events: 0,
        lastEventAt: undefined,
        gaps: 0,
      }
      channels.set(name, channel)
    }
    return channel
  }

  /** Reads the places of channels off the frames. */
  function follow([op, name, third, fourth]: readonly unknown[], at: number): void {
    if (typeof name !== 'string') return
    const cursor = op === 's' ? fourth : op === 'g' ? third : undefined
    if (Array.isArray(cursor)) {
      Object.assign(record(name), { epoch: clean(cursor[0], 40), offset: Number(cursor[1]) })
    } else if ((op === 'm' || op === 'v') && typeof third === 'number') {
      const channel = record(name)
      if (third > 0) channel.offset = third
      if (op === 'v') return
      channel.events++
      channel.lastEventAt = at
    }
  }

  function frame(event: DebugEvent & { type: 'send' | 'receive' }): void {
    const { at, type: direction, transport } = event
    if (direction === 'receive') follow(event.frame, at)
    traffic.push({ at, direction, transport, ...nameFrame(direction, event.frame) })
    const second = Math.floor(at / 1_000)
    const count = counts.at(-1)
    if (count?.second === second) count.frames++
    else counts.push({ second, frames: 1 })
    if (counts.length > secondsKept) counts.shift()
  }

  function channelState(name: string, next: ChannelState): void {
    const channel = record(name)
    channel.status = next.status
    if (next.status === 'denied') channel.explanation = explainChannel(next)
    else delete channel.explanation
    if (next.status === 'idle') channel.offset = undefined
  }

  return {
    add(event, heard = clock()) {
      begin ??= event.at
      lastAt = event.at
      heardAt = heard
      lines.push(clean(formatDebug(event), longestLine))
      switch (event.type) {
        case 'state':
          return observe(event.state)
        case 'dial':
          begun(event.transport, event.at)
          break
        case 'open':
          open(event.transport, event.at)
          break
        case 'fail':
        case 'lost':
          ended(event)
          break
        case 'send':
        case 'receive':
          frame(event)
          break
        case 'channel':
          channelState(event.channel, event.state)
          break
        case 'gap': {
          const { at, channel, reason, missed } = event
          gaps.push({ at, channel: clean(channel, 128), reason: clean(reason), missed })
          record(channel).gaps++
        }
      }
    },
    observe,
    get state() {
      return state
    },
    spans,
    attempts,
    traffic,
    gaps,
    trips,
    channels,
    lines,
    perSecond() {
      const second = Math.floor(now() / 1_000)
      return Array.from({ length: secondsKept }, (_, i) => {
        const wanted = second - secondsKept + 1 + i
        return counts.find((count) => count.second === wanted)?.frames ?? 0
      })
    },
    now,
    get begin() {
      return begin ?? now()
    },
  }
}

function explainChannel({ code, message }: ChannelState & { status: 'denied' }): Explanation {
  const known = explainCode(code, channelCodes)
  return { ...known, code: clean(code), what: known.what || clean(message) }
}
