import { explain } from './codes'
import type { DebugEvent } from './debug'
import { nameFrame } from './frames'
import { clean } from './redact'

const carriers = { websocket: 'ws  ', polling: 'http' }

/**
 * A debug event as one line for people, with the names of frames and codes, and without secrets. Needs no DOM.
 *
 * @example
 * client.debug((event) => console.log(formatDebug(event)))
 * //   12.345  ws    ← event        room:42 @1043 message {"text":"hi"}
 */
export function formatDebug(event: DebugEvent): string {
  const time = (event.at / 1_000).toFixed(3).padStart(9)
  const carrier = 'transport' in event ? carriers[event.transport] : '    '
  return `${time}  ${carrier}  ${words(event)}`
}

function words(event: DebugEvent): string {
  switch (event.type) {
    case 'state': {
      const { status, transport, attempt, error } = event.state
      const why = error ? ` (${clean(error.code)}: ${clean(error.message)})` : ''
      return `is ${status}${transport ? ` over ${transport}` : ''}${attempt ? `, failed ${attempt}×` : ''}${why}`
    }
    case 'dial':
      return 'dial'
    case 'open':
      return 'welcomed'
    case 'fail':
    case 'lost': {
      const { code, what, fix } = explain(event.code, event.reason)
      const said = event.reason && event.reason !== code ? ` "${clean(event.reason)}"` : ''
      const advice = fix && !/^nothing\b/.test(fix) ? ` → ${fix}` : ''
      return `${event.type === 'fail' ? 'failed' : 'lost'}: ${clean(code)} (${event.code}${said}): ${clean(what)}${advice}`
    }
    case 'send':
    case 'receive': {
      const { name, channel, text } = nameFrame(event.type, event.frame)
      const arrow = event.type === 'send' ? '→' : '←'
      return [arrow, name.padEnd(12), channel, text].filter(Boolean).join(' ').trimEnd()
    }
    case 'channel': {
      const { state } = event
      const why = state.status === 'denied' ? ` (${clean(state.code)}: ${clean(state.message)})` : ''
      return `channel ${clean(event.channel)} is ${state.status}${why}`
    }
    case 'gap':
      return `gap in ${clean(event.channel)}: ${clean(event.reason)}, ${event.missed ?? 'nobody knows how many'} missed`
  }
}
