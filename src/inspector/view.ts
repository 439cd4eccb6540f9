import { createBars, createSparkline, createStrip } from './chart'
import { carrierNames, diagnose } from './diagnosis'
import { h, icon, setAttribute, setText, svg } from './dom'
import type { Journal } from './journal'
import { createAttemptsPage, createChannelsPage, createFramesPage } from './lists'

/** What the buttons do. */
export interface Actions {
  toggle(open: boolean): void
  pause(): void
  copy(): void
  save(): void
  /** Something about what is to be shown has changed. */
  changed(): void
}

/** How it is to be shown. */
export interface Look {
  readonly open: boolean
  readonly inline: boolean
  readonly paused: boolean
  /** Copied just now. */
  readonly copied: boolean
}

/** The panel and the pill it folds into. */
export interface View {
  readonly elements: readonly HTMLElement[]
  look(look: Look): void
  update(journal: Journal): void
}

const secondsShown = 40

export function createView(actions: Actions): View {
  const pill = createPill(() => actions.toggle(true))
  const tools = createTools(actions)
  const summary = createSummary()
  const details = createDetails(actions.changed)
  const panel = h(
    'section',
    { class: 'panel', 'aria-label': 'everwire inspector' },
    h('header', {}, logo(), h('h2', {}, 'everwire ', h('span', {}, 'inspector')), ...tools.elements),
    h('div', { class: 'body' }, summary.element, details.element),
  )
  panel.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') actions.toggle(false)
  })
  let open = false
  return {
    elements: [pill.element, panel],
    look(look) {
      open = look.open || look.inline
      pill.element.hidden = open
      panel.hidden = !open
      tools.look(look)
    },
    update(journal) {
      if (!open) return pill.update(journal)
      summary.update(journal)
      details.update(journal)
    },
  }
}

function logo(): SVGSVGElement {
  const wave = 'M5 16h5l3-7 5 14 3-7h6'
  return svg(
    'svg',
    { viewBox: '0 0 32 32', class: 'logo', 'aria-hidden': 'true' },
    svg('rect', { width: '32', height: '32', rx: '8', fill: '#2f63e0' }),
    svg('path', {
      d: wave,
      fill: 'none',
      stroke: '#fff',
      'stroke-width': '2.6',
      'stroke-linecap': 'round',
      'stroke-linejoin': 'round',
    }),
  )
}

function createPill(open: () => void) {
  const dot = h('i', { class: 'dot' })
  const status = h('span')
  const more = h('span', { class: 'soft' })
  const element = h(
    'button',
    { class: 'pill', type: 'button', title: 'Open the everwire inspector' },
    dot,
    status,
    more,
  )
  element.addEventListener('click', open)
  return {
    element,
    update(journal: Journal): void {
      const { status: now, transport, rtt, pending } = journal.state
      setAttribute(dot, 'data-tone', diagnose(journal, Date.now()).tone)
      setText(status, transport ? carrierNames[transport] : now)
      const trip = rtt === undefined || !transport ? '' : `${rtt} ms`
      setText(more, [trip, pending > 0 && `${pending} pending`].filter(Boolean).join(' · '))
    },
  }
}

function createTools(actions: Actions) {
  function tool(label: string, picture: SVGElement, run: () => void): HTMLButtonElement {
    const button = h('button', { class: 'tool', type: 'button', title: label, 'aria-label': label }, picture)
    button.addEventListener('click', run)
    return button
  }
  const pauseIcon = icon('M9 5v14', 'M15 5v14')
  const playIcon = icon('M8 5l11 7-11 7z')
  const copyIcon = icon('M9 9h10v11H9z', 'M15 9V5H5v11h4')
  const doneIcon = icon('M5 12.5l4.5 4.5L19 7.5')
  const pause = tool('Pause', pauseIcon, actions.pause)
  const copy = tool('Copy as text', copyIcon, actions.copy)
  const save = tool('Save as JSON', icon('M12 4v11', 'M7 11l5 5 5-5', 'M5 20h14'), actions.save)
  const close = tool('Close', icon('M6 9l6 6 6-6'), () => actions.toggle(false))
  return {
    elements: [pause, copy, save, close],
    look({ paused, copied, inline }: Look): void {
      setAttribute(pause, 'aria-pressed', String(paused))
      setAttribute(pause, 'title', paused ? 'Go on' : 'Pause')
      setAttribute(pause, 'aria-label', paused ? 'Go on' : 'Pause')
      pause.replaceChildren(paused ? playIcon : pauseIcon)
      copy.replaceChildren(copied ? doneIcon : copyIcon)
      close.hidden = inline
    },
  }
}

function createSummary() {
  const title = h('span')
  const text = h('p', { class: 'text' })
  const fix = h('p', { class: 'fix' })
  const diagnosis = h(
    'div',
    { class: 'diagnosis', role: 'status' },
    h('p', { class: 'title' }, h('i', { class: 'dot' }), title),
    text,
    fix,
  )
  const strip = createStrip()
  const trips = createSparkline('Round trips')
  const traffic = createBars('Frames in each of the last 40 seconds', secondsShown)
  const [trip, rate, pending, attempt] = [h('span'), h('span'), h('dd'), h('dd')]
  const tile = (label: string, ...content: Node[]) => h('div', { class: 'tile' }, h('dt', {}, label), ...content)
  const tiles = h(
    'dl',
    { class: 'tiles' },
    tile('round trip', h('dd', { class: 'with-spark' }, trip, trips.element)),
    tile('frames', h('dd', { class: 'with-spark' }, rate, traffic.element)),
    tile('pending', pending),
    tile('failures', attempt),
  )
  return {
    element: h('div', { class: 'summary' }, diagnosis, strip.element, tiles),
    update(journal: Journal): void {
      const found = diagnose(journal, Date.now())
      setAttribute(diagnosis, 'data-tone', found.tone)
      setText(title, found.title)
      setText(text, found.text)
      setText(fix, found.fix)
      fix.hidden = found.fix === ''
      strip.update(journal)
      const { rtt, pending: waiting, attempt: failed } = journal.state
      setFigure(trip, rtt, 'ms')
      trips.update(journal.trips.all)
      const perSecond = journal.perSecond()
      setFigure(rate, perSecond.at(-2), '/s')
      traffic.update(perSecond)
      setText(pending, String(waiting))
      setText(attempt, String(failed))
    },
  }
}

function setFigure(element: HTMLElement, value: number | undefined, unit: string): void {
  const text = value === undefined ? '–' : String(value)
  const suffix = value === undefined ? '' : ` ${unit}`
  if (element.textContent !== text + suffix) element.replaceChildren(text, h('small', {}, suffix))
}

function createDetails(changed: () => void) {
  const frames = createFramesPage()
  frames.changed(changed)
  const pages = [
    { name: 'Attempts', page: createAttemptsPage(), count: (journal: Journal) => journal.attempts.all.length },
    { name: 'Channels', page: createChannelsPage(), count: (journal: Journal) => journal.channels.size },
    { name: 'Frames', page: frames, count: (journal: Journal) => journal.traffic.all.length },
  ].map((each) => ({ ...each, badge: h('small'), tab: h('button', { class: 'tab', type: 'button', role: 'tab' }) }))
  let chosen = 0

  function choose(index: number): void {
    chosen = (index + pages.length) % pages.length
    for (const [i, { tab, page }] of pages.entries()) {
      setAttribute(tab, 'aria-selected', String(i === chosen))
      setAttribute(tab, 'tabindex', i === chosen ? '0' : '-1')
      page.element.hidden = i !== chosen
    }
    changed()
  }

  for (const [i, { name, tab, badge, page }] of pages.entries()) {
    tab.append(name, badge)
    page.element.setAttribute('role', 'tabpanel')
    page.element.setAttribute('aria-label', name)
    tab.addEventListener('click', () => choose(i))
    tab.addEventListener('keydown', ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key]
      if (step === undefined) return
      choose(chosen + step)
      pages[chosen]?.tab.focus()
    })
  }
  choose(0)
  const tabs = h('div', { class: 'tabs', role: 'tablist' }, ...pages.map(({ tab }) => tab))
  return {
    element: h('div', { class: 'details' }, tabs, ...pages.map(({ page }) => page.element)),
    update(journal: Journal): void {
      for (const { badge, count } of pages) setText(badge, String(count(journal)))
      pages[chosen]?.page.update(journal)
    },
  }
}
