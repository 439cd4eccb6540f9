import type { Match } from './channels'
import type { ServerContext } from './context'
import { refusalOf } from './hooks'
import type { Refusal } from './send-queue'
import type { Session } from './session'

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
  { clock, limits, hooks }: ServerContext,
  session: Session,
  channel: string,
  { route, params }: Match,
  { resumes, ticketed, keep }: PermissionOptions,
): Promise<Refusal | undefined> {
  const { user, id } = session
  const no = { code: resumes ? 'revoked' : 'forbidden', message: '', retryMs: null }
  const granted = session.grants?.get(channel)
  if (ticketed && typeof granted === 'number' && clock.now() < granted) return undefined
  session.grants?.delete(channel)
  if (ticketed && resumes && granted === 'revoked') return no
  try {
    // what the hook made up its mind about before a channel was taken away may no longer be so
    for (let seen = -1; seen !== session.revocations; ) {
      seen = session.revocations
      const verdict = route.subscribe ? route.subscribe({ user, id, channel, params }) : true
      if (!(await hooks.timed(verdict))) return no
    }
  } catch (error) {
    return refusalOf(error, no.code)
  }
  if (keep) grant(session, channel, clock.now() + grantMs, limits.pollingChannels)
  return undefined
}

function grant(session: Session, channel: string, until: number, most: number): void {
  session.grants ??= new Map()
  session.grants.set(channel, until)
  for (const oldest of session.grants.keys()) {
    if (session.grants.size <= 2 * most) break
    session.grants.delete(oldest)
  }
}
