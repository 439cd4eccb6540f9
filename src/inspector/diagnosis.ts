import { channelCodes, type Explanation, explainCode } from './codes'
import type { Attempt, Journal } from './journal'
import { clean } from './redact'
import { newest } from './ring'

/** In a sentence or two: why the client is or is not connected. */
export interface Diagnosis {
  readonly tone: 'good' | 'soon' | 'bad' | 'off'
  readonly title: string
  readonly text: string
  /** What to do about it, if there is anything. */
  readonly fix: string
}

export const carrierNames = { websocket: 'WebSocket', polling: 'long-polling' }

/** @param wall ms since 1970: what `retryAt` counts in */
export function diagnose(journal: Journal, wall: number): Diagnosis {
  const { state } = journal
  const error = state.error && explainCode(state.error.code)
  const reason = error ? reasonOf(error) : ''
  const fix = error ? fixOf(error) : ''
  switch (state.status) {
    case 'idle':
      return {
        tone: 'off',
        title: 'Not connected yet',
        text: 'Nothing has asked for it: the first listener, send or connect() does.',
        fix: '',
      }
    case 'connecting': {
      const again = state.attempt > 0 ? `Attempt ${state.attempt + 1}. ` : ''
      return {
        tone: 'soon',
        title: 'Connecting',
        text: `${again}${dialling(journal)}${reason && ` Before: ${reason}`}`,
        fix,
      }
    }
    case 'connected':
      return connected(journal)
    case 'waiting': {
      const left = Math.max(0, (state.retryAt ?? wall) - wall)
      const text = `After ${state.attempt === 1 ? 'a failed attempt' : `${state.attempt} failed attempts`}. ${reason}`
      return {
        tone: 'soon',
        title: `Tries again in ${(left / 1_000).toFixed(1)} s`,
        text: state.attempt ? text : reason,
        fix,
      }
    }
    case 'offline':
      return {
        tone: 'bad',
        title: 'Offline',
        text: 'The platform says that there is no network. Sends are queued; it connects as soon as there is one.',
        fix: '',
      }
    case 'closed':
      return error && error.code !== 'closed'
        ? {
            tone: 'bad',
            title: `Closed: ${clean(error.code)}`,
            text: sentence(error.what || clean(state.error?.message)),
            fix,
          }
        : { tone: 'off', title: 'Closed', text: 'The app has called close(); connect() begins anew.', fix: '' }
  }
}

function connected(journal: Journal): Diagnosis {
  const { state, attempts, spans } = journal
  const held = `For ${duration(spans.last ? journal.now() - spans.last.from : 0)}.`
  // a channel that was refused, and that nobody listens to, ends up here
  const trouble = state.error && explainCode(state.error.code, channelCodes)
  const fix = trouble ? `${clean(trouble.code)}: ${trouble.fix || clean(state.error?.message)}` : ''
  if (state.transport !== 'polling') return { tone: 'good', title: 'Connected over WebSocket', text: held, fix }
  const failed = newest(
    attempts.all,
    ({ transport, explanation }) => transport === 'websocket' && explanation !== undefined,
  )
  const why = failed?.explanation ? ` WebSocket failed: ${reasonOf(failed.explanation)}` : ''
  return { tone: 'good', title: 'Connected over long-polling', text: `${held}${why} It is tried again by itself.`, fix }
}

function dialling({ attempts }: Journal): string {
  const names = attempts.all
    .filter(({ outcome }) => outcome === 'dialling')
    .map(({ transport }) => carrierNames[transport])
  return names.length > 0 ? `Dials ${[...new Set(names)].join(' and ')}.` : 'Asks for a token.'
}

function reasonOf({ code, what }: Explanation): string {
  return what ? `${sentence(what).slice(0, -1)} (${clean(code)}).` : `${clean(code)}.`
}

function sentence(words: string): string {
  return /[.!?]$/.test(words) ? words : `${words}.`
}

/** Advice for whom there is something to do. */
export function fixOf({ fix }: Explanation): string {
  return isComfort(fix) ? '' : fix
}

/** What happens by itself, for those who need not do anything. */
export function comfortOf({ fix }: Explanation): string {
  return isComfort(fix) ? fix.replace(/^nothing:? ?/, '') : ''
}

const isComfort = (fix: string) => /^nothing\b/.test(fix)

/** What came of an attempt: a word, and a few more. */
export function outcomeOf({ outcome, at, openedAt, endedAt }: Attempt): [word: string, more: string] {
  const took = openedAt === undefined ? '' : `in ${duration(openedAt - at)}`
  const lasted = duration((endedAt ?? at) - (openedAt ?? at))
  switch (outcome) {
    case 'dialling':
      return ['dialling', '']
    case 'open':
      return ['welcomed', took]
    case 'left':
      return took ? ['welcomed', `${took}, for ${lasted}`] : ['given up', `after ${lasted}`]
    case 'failed':
      return ['failed', `after ${lasted}`]
    case 'lost':
      return ['ended', `after ${lasted}`]
  }
}

export function duration(ms: number): string {
  const whole = Math.max(0, Math.round(ms))
  if (whole < 1_000) return `${whole} ms`
  if (whole < 60_000) return `${(whole / 1_000).toFixed(1)} s`
  const minutes = Math.floor(whole / 60_000)
  if (minutes < 60) return `${minutes} min ${Math.floor((whole % 60_000) / 1_000)} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
