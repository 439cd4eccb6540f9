/**
 * A storm on paper: so many clients lose their server at once; who comes back when, and how hard do they knock?
 *
 *     npm run storm                      the table, and docs/images/storm.svg
 *     npm run storm -- --clients 20000   with fewer clients
 *
 * everwire's waits are computed by its own code; the peers' by their documented formulas. The server is a queue that answers so many
 * hellos a second; one who would wait longer than its patience gives up and knocks again later.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { root } from './run.mjs'

const { values } = parseArgs({ options: { clients: { type: 'string', default: '100000' } } })
const clients = Number(values.clients)
/** Hellos a server answers per second, tokens checked and subscriptions replayed. */
const capacity = 5_000

const folder = mkdtempSync(join(tmpdir(), 'everwire-storm-'))
await build({
  entryPoints: [join(root, 'src/connection/backoff.ts')],
  outfile: join(folder, 'backoff.mjs'),
  format: 'esm',
})
const { backoff } = await import(pathToFileURL(join(folder, 'backoff.mjs')))
rmSync(folder, { recursive: true, force: true })

let state = 0
const random = () => {
  state = (state + 0x6d2b79f5) | 0
  let t = Math.imul(state ^ (state >>> 15), state | 1)
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

// what the server advertises, see `spread` in src/server/core.ts
const spread = Math.max(150, clients / 5)
const everwire = (attempt, now) => (attempt === 0 ? random() * spread : backoff({ random }, attempt - 1, now, spread))

/** `wait(attempt, ms since the loss, client)`: ms until attempt 0, 1, 2, …; undefined = gives up. `hellos` per attempt. */
const policies = {
  // in a crowd only what worked is redialled: one hello per attempt
  everwire: { wait: everwire, patience: 10_000, hellos: 1 },
  'everwire, if it knocked twice': { wait: everwire, patience: 10_000, hellos: 2 },
  'everwire, if it ignored the spread': {
    wait: (n, now) => (n === 0 ? random() * 150 : backoff({ random }, n - 1, now)),
    patience: 10_000,
    hellos: 2,
  },
  'socket.io-client': { wait: (n) => Math.min(1_000 * 2 ** n, 5_000) * (0.5 + random()), patience: 20_000, hellos: 1 },
  phoenix: { wait: (n) => [10, 50, 100, 150, 200, 250, 500, 1_000, 2_000][n] ?? 5_000, patience: 10_000, hellos: 1 },
  centrifuge: {
    wait: (n) => Math.min(20_000, 500 + random() * Math.min(20_000, 500 * 2 ** n)),
    patience: 5_000,
    hellos: 1,
  },
  partysocket: {
    wait: (n, _, client) => {
      client.least ??= 1_000 + random() * 4_000
      return Math.min(10_000, client.least * 1.3 ** n)
    },
    patience: 4_000,
    hellos: 1,
  },
  signalr: { wait: (n) => [0, 2_000, 10_000, 30_000][n], patience: 15_000, hellos: 1 },
}

/** A binary heap of [time, client]. */
function createHeap() {
  const heap = []
  const swap = (a, b) => {
    const held = heap[a]
    heap[a] = heap[b]
    heap[b] = held
  }
  return {
    push(item) {
      let at = heap.push(item) - 1
      for (let up = (at - 1) >> 1; at > 0 && heap[up][0] > heap[at][0]; up = (at - 1) >> 1) {
        swap(at, up)
        at = up
      }
    },
    pop() {
      const first = heap[0]
      const last = heap.pop()
      if (heap.length === 0) return first
      heap[0] = last
      for (let at = 0; ; ) {
        let least = at
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < heap.length && heap[child][0] < heap[least][0]) least = child
        if (least === at) return first
        swap(at, least)
        at = least
      }
    },
  }
}

/** @param drain ms over which the server told its clients to come back; undefined: it crashed without a word */
function storm({ wait, patience, hellos }, downMs, drain) {
  state = 7
  const heap = createHeap()
  const everyone = Array.from({ length: clients }, () => ({ attempt: 0 }))
  for (const client of everyone) {
    const first = drain === undefined ? wait(0, 0, client) : random() * drain
    heap.push([first, client])
  }
  const perSecond = []
  let free = downMs // when the server has answered all that waits
  let total = 0
  let back = 0
  let lastBack = 0
  const limit = 600_000
  for (let item = heap.pop(); item && item[0] < limit; item = heap.pop()) {
    const [now, client] = item
    const knocks = drain === undefined ? hellos : 1 // after a goodbye only the proven transport is dialled
    total += knocks
    const second = Math.floor(now / 1_000)
    perSecond[second] = (perSecond[second] ?? 0) + knocks
    let failedAt
    if (now < downMs) failedAt = now
    else {
      const answered = Math.max(free, now) + (1_000 * knocks) / capacity
      if (answered - now <= patience) {
        free = answered
        back++
        lastBack = Math.max(lastBack, answered)
      } else failedAt = now + patience // and the server sees that nobody waits any more
    }
    if (failedAt === undefined) continue
    client.attempt++
    const next = wait(client.attempt, failedAt, client)
    if (next !== undefined) heap.push([failedAt + next, client])
  }
  return { perSecond, total, back, lastBack }
}

const rows = []
const curves = {}
for (const downMs of [1_000, 10_000, 60_000]) {
  for (const [name, policy] of Object.entries(policies)) {
    const { perSecond, total, back, lastBack } = storm(policy, downMs)
    rows.push({
      down: `${downMs / 1_000} s`,
      client: name,
      'peak hellos/s': Math.max(...Array.from(perSecond, (n) => n ?? 0)),
      'hellos per client': (total / clients).toFixed(1),
      'all back after': back === clients ? `${(lastBack / 1_000).toFixed(1)} s` : `never: ${clients - back} gave up`,
    })
    if (downMs === 10_000) curves[name] = perSecond
  }
}
for (const window of [10_000, 30_000]) {
  const { perSecond, total, lastBack } = storm(policies.everwire, 1_000, window)
  rows.push({
    down: `1 s, drain ${window / 1_000} s`,
    client: 'everwire',
    'peak hellos/s': Math.max(...Array.from(perSecond, (n) => n ?? 0)),
    'hellos per client': (total / clients).toFixed(1),
    'all back after': `${(lastBack / 1_000).toFixed(1)} s`,
  })
}
const columns = Object.keys(rows[0])
console.log(`${clients} clients, a server that answers ${capacity} hellos a second\n`)
console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---').join('|')}|`)
for (const row of rows) console.log(`| ${columns.map((column) => row[column]).join(' | ')} |`)
if (clients === 100_000) writeFileSync(join(root, 'docs/images/storm.svg'), plot(curves))

/** Hellos per second over time, on a logarithmic scale. */
function plot(lines) {
  const [width, height, left, top] = [860, 380, 70, 30]
  const seconds = 60
  const x = (second) => left + (second / seconds) * (width - left - 190)
  const y = (n) => top + (1 - Math.log10(Math.max(n, 1)) / 6) * (height - top - 50)
  const colours = ['#0f5fc2', '#6cacff', '#9ab8d8', '#c02f3a', '#b26a00', '#12805c', '#7a5bd0', '#6b6f78']
  const paths = Object.entries(lines).map(([name, perSecond], i) => {
    const points = Array.from(
      { length: seconds },
      (_, second) => `${x(second).toFixed(1)},${y(perSecond[second] ?? 0).toFixed(1)}`,
    )
    return `<polyline fill="none" stroke="${colours[i]}" stroke-width="${i === 0 ? 3 : 1.6}" points="${points.join(' ')}"/>
<text x="${width - 180}" y="${top + 16 + i * 22}" fill="${colours[i]}">${name}</text>`
  })
  const grid = [1, 10, 100, 1_000, 10_000, 100_000].map(
    (n) =>
      `<line x1="${left}" x2="${width - 190}" y1="${y(n)}" y2="${y(n)}" stroke="#ddd"/><text x="${left - 8}" y="${y(n) + 4}" text-anchor="end">${n.toLocaleString('en')}</text>`,
  )
  const ticks = [0, 10, 20, 30, 40, 50].map(
    (second) => `<text x="${x(second)}" y="${height - 24}" text-anchor="middle">${second} s</text>`,
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#444">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${left}" y="18" font-size="14" fill="#111">Hellos per second: ${clients.toLocaleString('en')} clients, server away for 10 s, then ${capacity.toLocaleString('en')} answers a second</text>
${grid.join('\n')}
${ticks.join('\n')}
<line x1="${x(10)}" x2="${x(10)}" y1="${top}" y2="${height - 50}" stroke="#111" stroke-dasharray="3 3"/>
<line x1="${left}" x2="${width - 190}" y1="${y(capacity)}" y2="${y(capacity)}" stroke="#111" stroke-dasharray="3 3"/>
${paths.join('\n')}
</svg>
`
}
