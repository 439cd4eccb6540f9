import type { Match } from './channels'
import type { ServerContext } from './context'
import { refusalOf, timed } from './hooks'
import type { Refusal } from './send-queue'
import { grantsOf, type Session } from './session'

export interface PermissionOptions {
  /** It has been allowed before: a refusal takes something away. */
  readonly resumes: boolean
  /** A poll with a ticket: a grant spares the hook. */
  readonly ticketed: boolean
  /** Whether to remember the grant. */
  readonly keep: boolean
}

/** How long a poll may go on without the hook being asked again, ms. */
const grantMs = 60_000

/** Asks the `subscribe` hook; undefined = go ahead. Never rejects. */
export async function permission(
  { clock, limits }: ServerContext,
  session: Session,
  channel: string,
  { route, params }: Match,
  { resumes, ticketed, keep }: PermissionOptions,
): Promise<Refusal | undefined> {
  const { user, id } = session
  const no = { code: resumes ? 'revoked' : 'forbidden', message: '', retryMs: null }
  const known = session.grants
  if (resumes && ticketed && known?.revoked.delete(channel)) return no
  const granted = known?.allowed.get(channel)
  if (granted !== undefined && ticketed && clock.now() < granted) return undefined
  known?.allowed.delete(channel)
  try {
    // what the hook made up its mind about before a channel was taken away may no longer be so
    for (let seen = -1; seen !== session.revocations; ) {
      seen = session.revocations
      const verdict = route.subscribe ? route.subscribe({ user, id, channel, params }) : true
      if (!(await timed(clock, limits.hookMs, verdict))) return no
    }
  } catch (error) {
    return refusalOf(error, no.code)
  }
  session.grants?.revoked.delete(channel)
  if (!keep) return undefined
  const { allowed } = grantsOf(session)
  allowed.set(channel, clock.now() + grantMs)
  for (const oldest of allowed.keys()) {
    if (allowed.size <= 2 * limits.pollingChannels) break
    allowed.delete(oldest)
  }
  return undefined
}
