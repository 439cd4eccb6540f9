import type { Match } from './channels'
import type { ServerContext } from './context'
import { refusalOf, timed } from './hooks'
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
  { clock, limits }: ServerContext,
  { user, id, grants, revoked }: Session,
  channel: string,
  { route, params }: Match,
  { resumes, ticketed, keep }: PermissionOptions,
): Promise<Refusal | undefined> {
  const no = { code: resumes ? 'revoked' : 'forbidden', message: '', retryMs: null }
  if (resumes && ticketed && revoked.delete(channel)) return no
  const granted = grants.get(channel)
  if (granted !== undefined && ticketed && clock.now() < granted) return undefined
  grants.delete(channel)
  try {
    const verdict = route.subscribe ? timed(clock, limits.hookMs, route.subscribe({ user, id, channel, params })) : true
    if (!(verdict instanceof Promise ? await verdict : verdict)) return no
  } catch (error) {
    return refusalOf(error, no.code)
  }
  if (keep) grants.set(channel, clock.now() + grantMs)
  for (const oldest of grants.keys()) {
    if (grants.size <= 2 * limits.pollingChannels) break
    grants.delete(oldest)
  }
  revoked.delete(channel)
  return undefined
}
