import { createAudit } from '/audit.js'
import { createClient } from '/everwire/index.js'
import { createStrip } from '/strip.js'

const $ = (id) => document.getElementById(id)
const show = (id, text) => {
  if ($(id).textContent !== String(text)) $(id).textContent = text
}
const network = await (await fetch('/control')).json()

// The line is cut by a proxy, which the browser cannot notice: the page tells the client what a browser would.
let offline = network.offline
Object.defineProperty(navigator, 'onLine', { get: () => !offline })

// ── everwire ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const client = createClient({ url: network.realtime })
const ticker = client.channel('ticker')
const lobby = client.channel('lobby', { rewind: 20 })

// ── the connection ─────────────────────────────────────────────────────────────────────────────────────────────────────

const words = { websocket: 'WebSocket', polling: 'long-polling' }
const dots = { connected: 'good', connecting: 'soon', waiting: 'soon', offline: 'bad', closed: 'bad' }
let known = ''

client.watch(showState)
function showState(state) {
  const { status, transport, rtt, attempt, pending, error } = state
  $('badge').dataset.status = status
  show('status', status)
  show('transport', words[transport] ?? '')
  show('rtt', rtt === undefined ? '–' : `${rtt} ms`)
  show('attempt', transport ? '–' : attempt)
  show('pending', pending)
  const now = `${status} ${transport}`
  if (now === known) return
  known = now
  const reason = error && status !== 'connecting' ? `${error.code}: ${error.message}` : ''
  note(dots[status], status, words[transport] ?? reason)
}

function note(dot, what, why = '') {
  const entry = $('entry').content.cloneNode(true)
  entry.querySelector('time').textContent = `${(performance.now() / 1000).toFixed(1)} s`
  entry.querySelector('.dot').dataset.dot = dot
  entry.querySelector('.what').textContent = what
  entry.querySelector('.why').textContent = why
  $('timeline').prepend(entry)
  if ($('timeline').children.length > 100) $('timeline').lastElementChild.remove()
}

// ── the ticker: is every number there, once, in order? ─────────────────────────────────────────────────────────────────

const audit = createAudit()
const strip = createStrip($('strip'))
let transport = 'websocket' // what brought the last event; one may arrive just before its connection is announced

ticker.on('tick', ({ n }) => {
  transport = client.state.transport ?? transport
  audit.receive(n, performance.now())
  strip.add(performance.now(), transport)
})
ticker.onGap(({ reason, missed }) => {
  audit.gap()
  strip.mark(performance.now())
  note('bad', 'gap', `reported in ticker: ${reason}, ${missed ?? 'unknown how many'} missed`)
})

function showBooks() {
  const now = performance.now()
  const books = audit.read(now)
  for (const id of ['received', 'lost', 'doubled', 'reordered', 'gaps']) show(id, books[id])
  show('longest', `${(books.longest / 1000).toFixed(1)} s`)
  const wrong = books.lost + books.doubled + books.reordered > 0
  if (books.received > 0) show('verdict', wrong ? 'the books do not balance' : 'nothing lost, doubled or reordered')
  $('verdict').dataset.fine = !wrong
  const { retryAt } = client.state
  show('retry', retryAt === undefined ? '–' : `in ${(Math.max(0, retryAt - Date.now()) / 1000).toFixed(1)} s`)
  strip.draw(now)
}

// ── the lobby: shown at once, confirmed when it comes back ─────────────────────────────────────────────────────────────

const me = sessionStorage.getItem('name') ?? `guest ${Math.floor(1000 + Math.random() * 9000)}`
sessionStorage.setItem('name', me)
const own = new Map() // publish id → its row

lobby.on('message', ({ from, text }, info) => {
  const row = (info.own && own.get(info.id)) || createRow(from, text)
  if (info.own) own.delete(info.id)
  settle(row, 'sent')
  $('messages').insertBefore(row, $('messages').querySelector('[data-state=pending]')) // the order of the channel
  follow()
})
lobby.onGap(() => note('bad', 'gap', 'reported in lobby'))

function say(text) {
  const row = createRow(me, text)
  settle(row, 'pending', client.state.status === 'connected' ? '' : 'queued')
  $('messages').append(row)
  follow()
  const sent = lobby.publish('message', { from: me, text })
  own.set(sent.id, row)
  sent.catch(({ code, outcome }) => settle(row, 'failed', outcome === 'unknown' ? 'perhaps sent' : `not sent: ${code}`))
}

function createRow(from, text) {
  const row = $('message').content.cloneNode(true).firstElementChild
  row.querySelector('.from').textContent = from
  row.querySelector('.said').textContent = text
  row.classList.toggle('own', from === me)
  return row
}

function settle(row, state, words = '') {
  row.dataset.state = state
  row.querySelector('.note').textContent = words
}

function follow() {
  while ($('messages').children.length > 200) $('messages').firstElementChild.remove()
  $('messages').scrollTop = $('messages').scrollHeight
}

$('form').addEventListener('submit', (event) => {
  event.preventDefault()
  const text = $('text').value.trim()
  if (text) say(text)
  $('text').value = ''
})

// ── the bad network ────────────────────────────────────────────────────────────────────────────────────────────────────

const control = (name, body = {}) => fetch(`/control/${name}`, { method: 'POST', body: JSON.stringify(body) })

$('block').checked = network.upgrades !== 'pass'
$('how').value = $('block').checked ? network.upgrades : 'refuse'
for (const id of ['block', 'how']) {
  $(id).addEventListener('change', () => {
    const mode = $('block').checked ? $('how').value : 'pass'
    note(
      'you',
      'you',
      mode === 'pass' ? 'let WebSocket through' : `blocked WebSocket: ${$('how').selectedOptions[0].text}`,
    )
    control('upgrades', { mode })
  })
}

$('offline').checked = offline
$('offline').addEventListener('change', async () => {
  offline = $('offline').checked
  note('you', 'you', offline ? 'went offline' : 'came back online')
  await control('offline', { on: offline })
  dispatchEvent(new Event(offline ? 'offline' : 'online'))
})

for (const button of document.querySelectorAll('[data-control]')) {
  button.addEventListener('click', () => {
    note(
      'you',
      'you',
      { drop: 'dropped the link', restart: 'restarted the server', kill: 'killed the server' }[button.dataset.control],
    )
    control(button.dataset.control)
  })
}

setInterval(showBooks, 100)
