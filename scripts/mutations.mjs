/**
 * Takes one safety rule at a time out of the sources and shows that the simulator notices.
 *
 *     node scripts/mutations.mjs                all of them
 *     node scripts/mutations.mjs --only gap     those whose name has `gap` in it
 *     node scripts/mutations.mjs --seeds 5000   how many schedules each may take to be found
 *
 * Ends with 1 if a rule can be missing without a violation, or if a rule's text is not in the sources any more.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { root } from './run.mjs'
import { bundleSimulator, simulate } from './simulate.mjs'

/** Each replaces `text`, which must be there exactly once, in `file`. */
const mutations = [
  {
    name: 'the dedupe record',
    file: 'src/server/records.ts',
    text: 'sender.offsets.set(n, offset)',
    by: 'void offset',
  },
  {
    name: 'the high-water check',
    file: 'src/server/memory-broker.ts',
    text: 'if (known && n <= known.high)',
    by: 'if (false)',
  },
  {
    name: 'the age check: what was tried before the records begin is unknown',
    file: 'src/server/memory-broker.ts',
    text: 'return age !== undefined && now - age < records.begin',
    by: 'return age === -1',
  },
  {
    name: 'carry all unsettled sends first',
    file: 'src/session/sends.ts',
    text: 'let carried = 0',
    by: 'let carried = [...outbox.after(0)].findLast(({ tried }) => tried)?.n ?? 0',
  },
  {
    name: 'new sends only behind the unsettled ones',
    file: 'src/session/sends.ts',
    text: 'of outbox.after(streams ? carried : 0)) {',
    by: 'of [...outbox.after(streams ? carried : 0)].reverse()) {',
  },
  {
    name: 'the join merge: history after wake-ups',
    file: 'src/server/subscription.ts',
    text: 'behind: epoch !== tailer.epoch || offset !== tailer.top,',
    by: 'behind: false,',
  },
  {
    name: "the client's gap check",
    file: 'src/session/subscriptions.ts',
    text: "if (offset > cursor[1] + 1) return 'again'",
    by: '',
  },
  {
    name: "the client's check for what it has already",
    file: 'src/session/subscriptions.ts',
    text: 'if (offset <= cursor[1]) return false',
    by: '',
  },
  {
    name: 'stop at the first retryable nack',
    file: 'src/server/conversation.ts',
    text: 'left || (stopped !== undefined && n > stopped)',
    by: 'left',
  },
  {
    name: 'a secret of its own for each client',
    file: 'src/session/session.ts',
    text: 'secret: environment.secret(),',
    by: "secret: 'AAAAAAAAAAAAAAAAAAAAAA',",
  },
  {
    name: 'requests run once',
    file: 'src/server/requests.ts',
    text: 'if (log.join(n, outlet)) return undefined',
    by: '',
  },
]

/** Puts the mutation between the sources and the bundle. */
function plugin({ file, text, by }) {
  return {
    name: 'mutation',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (path !== join(root, file)) return undefined
        return { contents: readFileSync(path, 'utf8').replace(text, () => by), loader: 'ts' }
      })
    },
  }
}

/** Every text is looked for before anything runs. */
for (const { file, text, name } of mutations) {
  const count = readFileSync(join(root, file), 'utf8').split(text).length - 1
  if (count === 1) continue
  console.error(`"${name}": ${file} has ${count} times: ${text}`)
  process.exit(1)
}

async function tryOne(mutation, count) {
  const { file, remove } = await bundleSimulator([plugin(mutation)])
  try {
    const reports = await simulate(file, { from: 1, count }, ({ violations }) => violations.length > 0)
    return { schedules: reports.length, found: reports.find(({ violations }) => violations.length > 0) }
  } finally {
    remove()
  }
}

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, seeds: { type: 'string', default: '2000' } },
})
let missed = 0
console.log('| taken out | schedules until it shows | seed | what is violated |\n|---|---|---|---|')
for (const mutation of mutations.filter(({ name }) => name.includes(values.only))) {
  const { schedules, found } = await tryOne(mutation, Number(values.seeds))
  if (!found) missed++
  const violation = (found?.violations[0] ?? '**nothing: it is not noticed**').split('\n')[0]
  console.log(`| ${mutation.name} | ${schedules} | ${found?.seed ?? ''} | ${violation} |`)
}
if (missed > 0) process.exitCode = 1
