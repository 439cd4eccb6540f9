import { createClient } from '/everwire/index.js'

const $ = (id) => document.getElementById(id)
const { url, blockWebSocket, offline } = await (await fetch('/config.json')).json()

const client = createClient({ url })

// ── the connection ────────────────────────────────────────────────────────────────────────────────────────────────────

const started = performance.now()
let shown = ''

function showState({ status, transport, rtt, pending, error, retryAt }) {
  $('badge').dataset.status = status
  $('status').textContent = status
  $('transport').textContent = transport ?? (retryAt ? `again in ${Math.max(0, retryAt - Date.now())} ms` : '')
  $('rtt').textContent = rtt === undefined ? '–' : `${rtt} ms`
  $('pending').textContent = pending
  const now = transport ? `${status} · ${transport}` : status
  if (now === shown) return
  shown = now
  const entry = document.createElement('li')
  entry.dataset.status = status
  entry.textContent = `${((performance.now() - started) / 1000).toFixed(1)} s  ${now}${error && !transport ? ` · ${error.code}` : ''}`
  $('timeline').prepend(entry)
}
client.watch(showState)
showState(client.state)

// ── the chat: shown at once, confirmed when the server has it ─────────────────────────────────────────────────────────────

const room = client.channel('room:lobby', { rewind: 20 })
const mine = new Map()

function addMessage(text, own) {
  const item = document.createElement('li')
  item.textContent = text
  item.className = own ? 'own' : ''
  $('messages').append(item)
  item.scrollIntoView({ block: 'nearest' })
  return item
}

room.on('message', ({ text }, { own, id }) => {
  if (!own || !mine.has(id)) addMessage(text, own)
  else mine.get(id).dataset.state = 'sent'
})

$('form').addEventListener('submit', async (event) => {
  event.preventDefault()
  const text = $('text').value.trim()
  if (!text) return
  $('text').value = ''
  const item = addMessage(text, true)
  item.dataset.state = 'pending'
  const sent = room.publish('message', { text })
  mine.set(sent.id, item)
  try {
    await sent
    item.dataset.state = 'sent'
  } catch (error) {
    item.dataset.state = error.outcome ?? 'failed'
    item.title = error.message
  }
})

// ── the books: every number once and in order, or the gap was reported ──────────────────────────────────────────────────

const books = { received: 0, lost: 0, doubled: 0, reordered: 0, gaps: 0, silence: 0 }
const seen = new Set()
let last
let lastAt
let excused = false

const ticker = client.channel('ticker')
ticker.onGap(() => {
  books.gaps++
  excused = true // what follows need not connect to what was before
})
ticker.on('tick', ({ n }) => {
  books.received++
  if (seen.has(n)) books.doubled++
  else if (last !== undefined && n < last) books.reordered++
  else if (last !== undefined && n > last + 1 && !excused) books.lost += n - last - 1
  excused = false
  seen.add(n)
  last = n
  const now = performance.now()
  if (lastAt !== undefined) {
    books.silence = Math.max(books.silence, Math.round(now - lastAt))
    addBar(now - lastAt)
  }
  lastAt = now
  for (const [name, value] of Object.entries(books)) $(name).textContent = name === 'silence' ? `${value} ms` : value
  const fine = books.lost + books.doubled + books.reordered === 0
  $('verdict').textContent = fine ? 'nothing lost, doubled or reordered' : 'the books do not balance'
  $('verdict').dataset.fine = fine
})

function addBar(ms) {
  const bar = document.createElement('i')
  bar.style.height = `${Math.min(100, 6 + Math.log10(Math.max(ms, 1)) * 24)}%`
  bar.dataset.transport = client.state.transport ?? 'none'
  bar.title = `${Math.round(ms)} ms`
  $('bars').append(bar)
  while ($('bars').childElementCount > 90) $('bars').firstChild.remove()
}

// ── the switches ──────────────────────────────────────────────────────────────────────────────────────────────────────

const control = (name, body) => fetch(`/control/${name}`, { method: 'POST', body: JSON.stringify(body ?? {}) })
const settings = { block: 'blockWebSocket', offline: 'offline' }
$('block').checked = blockWebSocket
$('offline').checked = offline
for (const [id, name] of Object.entries(settings)) {
  $(id).addEventListener('change', () => control('network', { [name]: $(id).checked }))
}
for (const id of ['drop', 'restart', 'kill']) $(id).addEventListener('click', () => control(id))
