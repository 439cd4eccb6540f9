/** A process that is one adapter's server, or its clients: `host.mjs NAME server|client`. */
import { setTimeout as pause } from 'node:timers/promises'
import { hello, now } from './events.mjs'
import { answer, notify } from './process.mjs'

const [name, role] = process.argv.slice(2)
const { default: adapter } = await import(`../adapters/${name}.mjs`)

/** Messages that came, and who waits for how many. */
function createInbox() {
  let waiting
  return {
    count: 0,
    lastAt: 0,
    /** `{ n, at }` of numbered ones, if they are kept. */
    kept: undefined,
    /** The sender is told of every so many. */
    credit: Number.POSITIVE_INFINITY,
    take(data) {
      this.count++
      if (this.count % this.credit === 0) notify({ credit: this.count })
      if (this.kept && data.n !== undefined) {
        this.kept.push({ n: data.n, at: now() })
      }
      if (waiting && this.count >= waiting.count) {
        this.lastAt = now()
        waiting.resolve(this.lastAt)
        waiting = undefined
      }
    },
    reached(count) {
      if (this.count >= count) return now()
      return new Promise((resolve) => {
        waiting = { count, resolve }
      })
    },
  }
}

const inbox = createInbox()
let feed
let credit = 0
let server
let clients = []

/** Sends for `ms` or `count` messages, `burst` of them per turn, at most `window` ahead of the other side. */
async function flood(send, { ms = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY, burst, window }) {
  credit = 0
  let sent = 0
  const startedAt = now()
  const before = process.cpuUsage()
  while (sent < count && now() - startedAt < ms) {
    for (let i = 0; i < burst; i++) send(hello)
    sent += burst
    await new Promise(setImmediate)
    while (sent - credit > window - burst && now() - startedAt < ms) await new Promise(setImmediate)
  }
  return { sent, startedAt, cpu: spent(before) }
}

/** Numbered messages, so many a second. */
function startFeed(send, { perSecond }) {
  let n = 0
  const begun = now()
  const sentAt = []
  const timer = setInterval(
    () => {
      const due = ((now() - begun) * perSecond) / 1000
      while (n < due) {
        sentAt[++n] = now()
        send({ ...hello, n })
      }
    },
    Math.min(50, 1000 / perSecond / 2),
  )
  return {
    begun,
    sentAt,
    stop() {
      clearInterval(timer)
      return n
    },
  }
}

/** CPU since then, µs. */
function spent(before) {
  const { user, system } = process.cpuUsage(before)
  return user + system
}

async function memory() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc()
    await pause(30)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heap: heapUsed + external, rss }
}

let cpuMark = process.cpuUsage()
let acks = []
const failures = {}

const common = {
  memory,
  markCpu() {
    cpuMark = process.cpuUsage()
  },
  cpu: () => spent(cpuMark),
  credit({ value }) {
    credit = value
  },
  /** From now on arrivals are counted from 0, and with `keep` kept one by one. */
  count({ keep = false, credit: every = Number.POSITIVE_INFINITY }) {
    inbox.count = 0
    inbox.kept = keep ? [] : undefined
    inbox.credit = every ?? Number.POSITIVE_INFINITY
  },
  reached: ({ count }) => inbox.reached(count),
  arrivals: () => ({ count: inbox.count, kept: inbox.kept }),
  stopFeed: () => feed.stop(),
  sentAt: () => feed.sentAt,
}

const serverTasks = {
  ...common,
  async start(options) {
    server = await adapter.startServer({ ...options, onMessage: (data) => inbox.take(data) })
    return server.port
  },
  publish: ({ data }) => void server.publish(data),
  flood: (shape) => flood(server.publish, shape),
  feed(options) {
    feed = startFeed(server.publish, options)
    return feed.begun
  },
}

const clientTasks = {
  ...common,
  /** Opens `count` clients that are subscribed when this resolves. */
  async open({ count = 1, atOnce = 50, listen = true, ...options }) {
    for (let i = 0; i < count; i += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, count - i) }, () => adapter.createClient(options))
      clients.push(...some)
      if (listen) await Promise.all(some.map((client) => client.subscribe((data) => inbox.take(data))))
      else await Promise.all(some.map((client) => client.subscribe(() => {})))
    }
  },
  close() {
    for (const client of clients) client.close()
    clients = []
  },
  /** ms from nothing to the first event; null if it does not come within `limit`. */
  async first({ limit, ...options }) {
    const startedAt = now()
    const client = adapter.createClient({ ...options, rewind: 1 })
    const arrived = new Promise((resolve) => {
      client.subscribe(() => resolve(now() - startedAt))?.catch?.(() => {})
    })
    const timer = new AbortController()
    const took = await Promise.race([arrived, pause(limit, null, { signal: timer.signal })])
    timer.abort()
    return took
  },
  flood: (shape) =>
    flood((data) => {
      clients[0].publish(data)?.then?.(undefined, (error) => {
        failures[error?.code ?? String(error)] = (failures[error?.code ?? String(error)] ?? 0) + 1
      })
    }, shape),
  failures: () => failures,
  feed(options) {
    acks = []
    feed = startFeed((data) => {
      const begun = now()
      const ack = { n: data.n, took: undefined, failed: false }
      acks.push(ack)
      clients[0].publish(data)?.then(
        () => {
          ack.took = now() - begun
        },
        () => {
          ack.failed = true
        },
      )
    }, options)
    return feed.begun
  },
  acks: () => acks,
  /** When each client has heard something since `count()`: the latest of them, or null if one has not within `limit`. */
  async openWatched({ count, atOnce = 50, ...options }) {
    for (let i = 0; i < count; i += atOnce) {
      const some = Array.from({ length: Math.min(atOnce, count - i) }, () => {
        const client = adapter.createClient(options)
        client.heardAt = undefined
        client.joined = client.subscribe(() => {
          client.heardAt ??= now()
        })
        return client
      })
      clients.push(...some)
      await Promise.all(some.map(({ joined }) => joined))
    }
  },
  forgetHeard() {
    for (const client of clients) client.heardAt = undefined
  },
  heard: () => clients.map(({ heardAt }) => heardAt).filter((at) => at !== undefined),
}

answer(role === 'server' ? serverTasks : clientTasks)
notify('ready')
