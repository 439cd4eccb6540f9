/**
 * Prints the events of a channel, one line of JSON each; what happens to the connection goes to stderr. Ctrl+C ends it.
 *
 *     node feed.mjs [url] [channel] [event]
 */
import { createClient } from 'everwire'

const [url = 'http://127.0.0.1:4200/realtime', channel = 'stream:launch', event = 'message'] = process.argv.slice(2)
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort())
process.stdout.once('error', () => stop.abort()) // `| head` has seen enough

const fail = (why) => {
  console.error(why)
  process.exitCode = 1
  stop.abort()
}

const client = createClient({ url, auth: () => process.env.TOKEN ?? 'feed' })
let known = ''
client.watch(({ status, transport, error }) => {
  // refused for good: it would not come back by itself
  if (status === 'closed' && error && !stop.signal.aborted) return fail(`refused: ${error.code}`)
  const now = `${status} ${transport ?? (status === 'connecting' ? '' : (error?.code ?? ''))}`
  if (now !== known) console.error(now) // the round trip changes, too
  known = now
})

const feed = client.channel(channel, { rewind: 10 })
feed.onGap(({ reason, missed }) => console.error(`gap: ${missed ?? 'nobody knows how many'} missed (${reason})`))
feed.onDrop(({ code, message, retryAt }) => retryAt === undefined && fail(`refused: ${code} ${message}`))

try {
  for await (const { data, info } of feed.events(event, { signal: stop.signal })) {
    console.log(JSON.stringify({ offset: info.offset, data }))
  }
} catch ({ message }) {
  fail(message) // no URL, for instance
}
client.close() // nothing holds the process any more
