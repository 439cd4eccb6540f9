import type { Books, Heard, Join, Logged, Sent } from './books'

export interface Facts {
  /** No history bound was reached: whoever was away gets everything. */
  longHistory: boolean
  /** Times the log was lost. */
  losses: number
}

/** Checks the invariants of `docs/design` against what was delivered, accepted and answered. */
export function check(books: Books, facts: Facts): string[] {
  const log = new Map<string, Logged[]>()
  for (const entry of books.log) log.set(entry.id, [...(log.get(entry.id) ?? []), entry])
  return [
    ...books.problems,
    ...checkSends(books, log),
    ...checkOrder(books, log),
    ...checkRuns(books),
    ...books.joins.flatMap((join) => checkJoin(join, books, log, facts)),
  ]
}

/** P1: settled exactly once. P2: ok = in the log once, at that offset; rejected = never; unknown = once at most. */
function checkSends(books: Books, log: ReadonlyMap<string, Logged[]>): string[] {
  const problems: string[] = []
  for (const sent of books.sent) {
    const { id, kind, outcomes } = sent
    const [outcome] = outcomes
    if (outcomes.length !== 1 || !outcome) {
      problems.push(`P1: ${kind} ${id} settled ${outcomes.length} times`)
      continue
    }
    const { result, code, offset } = outcome
    // only a send that was given up can be stale, and that has its outcome already; or one whose refusal died with its process
    if ((code === 'stale' && !books.forgotten.has(id)) || code === 'bad_frame')
      problems.push(`P2: ${kind} ${id} was refused as ${code}`)
    if (result === 'none') problems.push(`P1: ${kind} ${id} ended with ${code} and without an outcome`)
    if (kind === 'request') {
      problems.push(...checkReply(sent, books))
      continue
    }
    const entries = log.get(id) ?? []
    if (entries.length > 1) problems.push(`P2: ${id} is in the log ${entries.length} times`)
    if (result === 'ok' && entries[0]?.offset !== offset)
      problems.push(`P2: ${id} is ok at ${offset}, but in the log at ${entries[0]?.offset}`)
    if (result === 'rejected' && entries.length > 0)
      problems.push(`P2: ${id} was rejected (${code}), but is in the log at ${entries[0]?.offset}`)
  }
  return problems
}

function checkReply({ id, outcomes }: Sent, { runs }: Books): string[] {
  const [outcome] = outcomes
  const count = runs.filter((run) => run.id === id).length
  if (outcome?.result === 'ok' && (count !== 1 || outcome.reply !== `re ${id}`))
    return [`P4: ${id} was answered ${outcome.reply} by ${count} runs`]
  if (outcome?.result === 'rejected' && outcome.code !== 'failed' && count > 0)
    return [`P2: ${id} was rejected (${outcome.code}), but ran`]
  return []
}

/** P3: what was accepted of one client in one channel is in the order of its calls, over all epochs. */
function checkOrder({ sent, log: entries }: Books, log: ReadonlyMap<string, Logged[]>): string[] {
  const problems: string[] = []
  const last = new Map<string, Sent>()
  const byId = new Map(sent.map((each) => [each.id, each]))
  for (const { id, channel } of entries) {
    const each = byId.get(id)
    if (!each || (log.get(id)?.length ?? 0) > 1) continue
    const key = `${each.client} ${channel}`
    const before = last.get(key)
    if (before && before.order > each.order) problems.push(`P3: ${id} comes after ${before.id} in ${channel}`)
    last.set(key, each)
  }
  return problems
}

/** P4: at most one run of a handler per request. */
function checkRuns({ runs }: Books): string[] {
  const seen = new Set<string>()
  return runs.flatMap(({ id, key }) => {
    if (seen.has(id)) return [`P4: the handler of ${id} (${key}) ran again`]
    seen.add(id)
    return []
  })
}

/** S1 to S5 for one join. */
function checkJoin(join: Join, books: Books, log: ReadonlyMap<string, Logged[]>, facts: Facts): string[] {
  const problems: string[] = []
  const who = `${join.client} in ${join.channel} (joined ${join.at.toFixed(0)})`
  let before: Logged | undefined
  let gap = false
  let old = 0
  for (const heard of join.heard) {
    if (heard.type === 'gap') {
      gap = true
      if (facts.losses === 0 && facts.longHistory) problems.push(`S4: ${who} heard of a gap (${heard.reason})`)
      continue
    }
    const entry = log.get(heard.id)?.find(({ offset }) => offset === heard.offset)
    if (!entry || entry.channel !== join.channel) {
      problems.push(`S5: ${who} heard ${heard.id} at ${heard.offset}, where the log has something else`)
      continue
    }
    if (entry.at < join.at) old++
    if (before) problems.push(...follows(who, before, entry, gap, books, join))
    else if (!gap) problems.push(...begins(who, entry, heard, books, join))
    before = entry
    gap = false
  }
  // over long-polling, an answer to the join before may serve this one, too
  const again = books.joins.some(
    (other) => other !== join && other.client === join.client && other.channel === join.channel,
  )
  if (old > join.rewind && !again && !join.heard.some(({ type }) => type === 'gap')) {
    problems.push(`S2: ${who} got ${old} earlier events, asked for ${join.rewind}`)
  }
  return problems
}

function follows(who: string, before: Logged, entry: Logged, gap: boolean, books: Books, join: Join): string[] {
  if (before.epoch === entry.epoch) {
    if (entry.offset === before.offset) return [`S2: ${who} heard ${entry.id} twice`]
    if (entry.offset < before.offset) return [`S1: ${who} heard ${entry.offset} after ${before.offset}`]
    if (entry.offset === before.offset + 1 || gap) return []
    const missed = between(books, before.epoch, join.channel, before.offset, entry.offset)
    const silent = missed.filter((each) => !(each.quiet && isOwn(each, join)))
    return silent.length > 0
      ? [`S3: ${who} heard ${entry.offset} after ${before.offset} and of no gap; missed ${silent.map(({ id }) => id)}`]
      : []
  }
  if (books.log.indexOf(entry) < books.log.indexOf(before))
    return [`S1: ${who} heard ${entry.id} of an epoch that was over`]
  return gap ? [] : [`S3: ${who} heard ${entry.id} of another epoch and of no gap`]
}

/** Nothing that came after the join was confirmed may be missing before the first event. */
function begins(who: string, entry: Logged, heard: Heard, books: Books, join: Join): string[] {
  const { joinedAt } = join
  if (joinedAt === undefined || joinedAt > heard.at) return []
  const missed = between(books, entry.epoch, join.channel, 0, entry.offset).filter(
    ({ at, quiet }) => at > joinedAt && !quiet,
  )
  return missed.length > 0 ? [`S3: ${who} begins with ${entry.id}; missed ${missed.map(({ id }) => id)}`] : []
}

function between({ log }: Books, epoch: string, channel: string, from: number, to: number): Logged[] {
  return log.filter(
    (each) => each.epoch === epoch && each.channel === channel && each.offset > from && each.offset < to,
  )
}

function isOwn({ id }: Logged, { client }: Join): boolean {
  return id.startsWith(`${client}:`)
}
