import { type Explanation, gapReasons } from './codes'
import { carrierNames, comfortOf, duration, fixOf, outcomeOf } from './diagnosis'
import { h, setAttribute, setText } from './dom'
import type { Attempt, ChannelRecord, Gap, Journal, Traffic } from './journal'

/** A page of the inspector, filled from the journal. */
export interface Page {
  readonly element: HTMLElement
  update(journal: Journal): void
}

/** Rows that are shown at most; the export has more. */
const mostRows = 150

/** A row is made once for each thing it shows: what is selected or unfolded stays so. */
function createRows<T extends object>(make: (item: T, begin: number) => { row: HTMLElement; renew?(): void }) {
  const rows = new WeakMap<T, { row: HTMLElement; renew?(): void }>()
  return (list: HTMLElement, items: readonly T[], begin: number, otherwise: string): void => {
    const wanted: HTMLElement[] = items.slice(-mostRows).map((item) => {
      let known = rows.get(item)
      if (!known) {
        known = make(item, begin)
        rows.set(item, known)
      }
      known.renew?.()
      return known.row
    })
    wanted.reverse()
    if (wanted.length === 0) wanted.push(h('li', { class: 'none' }, otherwise))
    if (wanted.length !== list.children.length || wanted.some((row, i) => row !== list.children[i]))
      list.replaceChildren(...wanted)
  }
}

function clockOf(at: number, begin: number): HTMLElement {
  const ms = Math.max(0, at - begin)
  const seconds = ((ms % 60_000) / 1_000).toFixed(2).padStart(5, '0')
  return h('time', {}, `${Math.floor(ms / 60_000)}:${seconds}`)
}

function chip(transport: 'websocket' | 'polling'): HTMLElement {
  return h('span', { class: `chip ${transport}` }, transport === 'websocket' ? 'WS' : 'HTTP')
}

/** Attempts and gaps, newest first. */
export function createAttemptsPage(): Page {
  const list = h('ol', { class: 'list' })
  const fill = createRows<Attempt | Gap>((item, begin) =>
    'reason' in item ? gapRow(item, begin) : attemptRow(item, begin),
  )
  return {
    element: h('div', { class: 'page' }, list),
    update(journal) {
      const items = [...journal.attempts.all, ...journal.gaps.all].sort((a, b) => a.at - b.at)
      fill(list, items, journal.begin, 'No attempt yet.')
    },
  }
}

const dots = { dialling: 'soon', open: 'good', failed: 'bad', lost: 'bad', left: 'off' }

function attemptRow(attempt: Attempt, begin: number) {
  const dot = h('i', { class: 'dot' })
  const [word, more] = [h('b'), h('span', { class: 'soft' })]
  const note = h('p', { class: 'note' })
  const row = h(
    'li',
    { class: 'attempt' },
    clockOf(attempt.at, begin),
    chip(attempt.transport),
    h('div', { class: 'grow' }, h('span', { class: 'outcome' }, dot, word, more), note),
  )
  return {
    row,
    renew() {
      const { explanation, said, outcome } = attempt
      const [first, rest] = outcomeOf(attempt)
      setAttribute(dot, 'data-tone', dots[outcome])
      setText(word, first)
      setText(more, rest)
      const words = explanation ? `${explanation.code} (${said}): ${explanation.what}` : ''
      setNote(note, words, explanation)
    },
  }
}

/** Words, and what to do about it or what is done by itself. */
function setNote(note: HTMLElement, words: string, explanation: Explanation | undefined): void {
  const fix = explanation ? fixOf(explanation) : ''
  const comfort = explanation ? comfortOf(explanation) : ''
  if (note.textContent === words + fix + comfort) return
  note.replaceChildren(
    words,
    fix && h('span', { class: 'fix' }, fix),
    comfort && h('span', { class: 'fix comfort' }, comfort),
  )
}

function gapRow({ at, channel, reason, missed }: Gap, begin: number) {
  const many = missed === null ? 'nobody knows how many events are missing' : `${missed} events are missing`
  const what = Object.hasOwn(gapReasons, reason) ? gapReasons[reason] : ''
  const head = h(
    'span',
    { class: 'outcome' },
    h('i', { class: 'dot', 'data-tone': 'bad' }),
    h('b', {}, `gap in ${channel}`),
  )
  const note = h('p', { class: 'note' }, `${reason}${what ? `: ${what}` : ''}; ${many}`)
  return {
    row: h(
      'li',
      { class: 'attempt' },
      clockOf(at, begin),
      h('span', { class: 'chip gap' }, 'gap'),
      h('div', { class: 'grow' }, head, note),
    ),
  }
}

/** Channels with their places. */
export function createChannelsPage(): Page {
  const list = h('ol', { class: 'list' })
  let now = 0
  const fill = createRows<ChannelRecord>((channel) => channelRow(channel, () => now))
  return {
    element: h('div', { class: 'page' }, list),
    update(journal) {
      now = journal.now()
      // newest last, as in the other lists: joined ones end up above those that were left
      const items = [...journal.channels.values()].sort(
        (a, b) => Number(a.status !== 'idle') - Number(b.status !== 'idle'),
      )
      fill(list, items, journal.begin, 'No channel yet: client.channel(name).on(event, listener) joins one.')
    },
  }
}

const channelTones = { idle: 'off', joining: 'soon', joined: 'good', denied: 'bad' }

function channelRow(channel: ChannelRecord, now: () => number) {
  const dot = h('i', { class: 'dot' })
  const status = h('span', { class: 'soft' })
  const place = h('span', { class: 'mono' })
  const count = h('span')
  const note = h('p', { class: 'note' })
  const row = h(
    'li',
    { class: 'channel' },
    h('div', { class: 'grow' }, h('span', { class: 'outcome' }, dot, h('b', {}, channel.name), status), note),
    h('div', { class: 'figures' }, place, count),
  )
  return {
    row,
    renew() {
      const { offset, epoch, explanation, gaps } = channel
      setAttribute(dot, 'data-tone', channelTones[channel.status])
      setText(status, channel.status)
      setText(place, offset === undefined ? '' : `@${offset}`)
      setAttribute(place, 'title', offset === undefined ? undefined : `offset ${offset} of epoch ${epoch}`)
      setText(count, heard(channel, now()))
      const denied = explanation ? `${explanation.code}: ${explanation.what}` : ''
      const lost = gaps > 0 ? `${gaps} gap${gaps === 1 ? '' : 's'}` : ''
      const words = [denied, lost].filter(Boolean).join(' · ')
      setNote(note, words, explanation)
    },
  }
}

/** How much has come, and how long ago the last of it. */
function heard({ events, lastEventAt, status }: ChannelRecord, now: number): string {
  if (lastEventAt === undefined) return status === 'joined' ? 'no events' : ''
  // by the second: a counter that never rests draws the eye
  const seconds = Math.floor((now - lastEventAt) / 1_000)
  return `${events} event${events === 1 ? '' : 's'}, ${seconds < 1 ? 'now' : `${duration(seconds * 1_000)} ago`}`
}

/** Frames, newest first. */
export function createFramesPage(): Page & { changed(listener: () => void): void } {
  const list = h('ol', { class: 'list frames' })
  const filter = h('input', {
    type: 'search',
    placeholder: 'Filter: publish, room:42, …',
    'aria-label': 'Filter the frames',
  })
  const idle = h('input', { type: 'checkbox' })
  const fill = createRows<Traffic>((frame, begin) => ({ row: frameRow(frame, begin) }))
  return {
    element: h(
      'div',
      { class: 'page' },
      h('div', { class: 'tools' }, filter, h('label', {}, idle, 'heartbeats')),
      list,
    ),
    changed(listener) {
      filter.addEventListener('input', listener)
      idle.addEventListener('change', listener)
    },
    update(journal) {
      const wanted = filter.value.trim().toLowerCase()
      const items = journal.traffic.all.filter(
        (frame) =>
          (idle.checked || !frame.idle) &&
          `${frame.name} ${frame.channel} ${frame.text} ${carrierNames[frame.transport]}`
            .toLowerCase()
            .includes(wanted),
      )
      fill(list, items, journal.begin, wanted ? 'No frame fits.' : 'No frame yet.')
    },
  }
}

function frameRow({ at, direction, transport, name, channel, text }: Traffic, begin: number): HTMLElement {
  const sent = direction === 'send'
  const summary = h(
    'summary',
    {},
    clockOf(at, begin),
    h('span', { class: `arrow ${direction}`, title: sent ? 'sent' : 'received' }, sent ? '↑' : '↓'),
    h('b', {}, name),
    h('span', { class: 'where' }, channel),
    h('code', {}, text),
  )
  return h(
    'li',
    {},
    h('details', {}, summary, h('pre', {}, `${carrierNames[transport]} · ${channel ? `${channel} · ` : ''}${text}`)),
  )
}
