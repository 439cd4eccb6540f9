import { diagnose } from './diagnosis'
import type { Journal } from './journal'
import { clean } from './redact'

/** For a program, or to be attached to a report: everything that is known, as JSON. Secrets were taken out on the way in. */
export function exportJson(journal: Journal, wall: number): string {
  const { state } = journal
  return JSON.stringify(
    {
      everwire: 'inspector',
      version: 1,
      exportedAt: new Date(wall).toISOString(),
      // what `at` is on the clock of the wall
      begunAt: new Date(wall - journal.now() + journal.begin).toISOString(),
      diagnosis: diagnose(journal, wall),
      state: {
        ...state,
        error: state.error && { code: clean(state.error.code), message: clean(state.error.message) },
      },
      spans: journal.spans.all,
      attempts: journal.attempts.all,
      gaps: journal.gaps.all,
      channels: [...journal.channels.values()],
      roundTrips: journal.trips.all,
      log: journal.lines.all,
    },
    null,
    2,
  )
}

/** For people, to be pasted somewhere: the diagnosis and the last lines of the log. */
export function exportText(journal: Journal, wall: number): string {
  const { title, text, fix } = diagnose(journal, wall)
  return [`everwire: ${title}. ${text}`, fix && `→ ${fix}`, '', ...journal.lines.all.slice(-200)]
    .filter((line) => line !== undefined)
    .join('\n')
}
