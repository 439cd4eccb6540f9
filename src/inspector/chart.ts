import { carrierNames } from './diagnosis'
import { h, setAttribute, svg } from './dom'
import type { Gap, Journal, Span } from './journal'

/** What the strip of states shows, ms. */
const windowMs = 60_000
const width = 1_000

/** The states of the last minute, with the gaps and failed attempts in them. */
export function createStrip() {
  const spans = svg('g')
  const marks = svg('g')
  const picture = svg(
    'svg',
    { viewBox: `0 0 ${width} 36`, preserveAspectRatio: 'none', role: 'img', 'aria-label': 'States of the last minute' },
    spans,
    marks,
  )
  const from = h('span', {}, '60 s ago')
  const key = (kind: string, words: string) => h('span', { class: `key ${kind}` }, words)
  const element = h(
    'div',
    { class: 'strip' },
    h('div', { class: 'track' }, picture),
    h(
      'p',
      { class: 'legend' },
      from,
      h(
        'span',
        { class: 'keys' },
        key('websocket', 'WebSocket'),
        key('polling', 'long-polling'),
        key('waiting', 'waiting'),
        key('offline', 'down'),
        key('gap', 'gap'),
      ),
      h('span', {}, 'now'),
    ),
  )

  return {
    element,
    update(journal: Journal): void {
      const now = journal.now()
      const x = (at: number) => (width * (at - (now - windowMs))) / windowMs
      spans.replaceChildren(...bars(journal.spans.all, now, x))
      marks.replaceChildren(
        ...journal.attempts.all.flatMap(({ outcome, endedAt }) =>
          outcome === 'failed' && endedAt !== undefined && x(endedAt) >= 0 ? [mark('failure', x(endedAt))] : [],
        ),
        ...journal.gaps.all.flatMap((gap) => (x(gap.at) >= 0 ? [mark('gap', x(gap.at), titleOf(gap))] : [])),
      )
    },
  }
}

function bars(spans: readonly Span[], now: number, x: (at: number) => number): SVGElement[] {
  return spans.flatMap(({ from, status, transport }, i) => {
    const end = spans[i + 1]?.from ?? now
    if (status === 'idle' || x(end) <= 0) return []
    const left = Math.max(0, x(from))
    const kind = transport ?? status
    const words = transport ? carrierNames[transport] : status
    const bar = { class: `bar ${kind}`, x: left.toFixed(1), y: '0', height: '26' }
    return [svg('rect', { ...bar, width: Math.max(2, x(end) - left).toFixed(1) }, svg('title', {}, words))]
  })
}

function mark(kind: 'failure' | 'gap', x: number, title = 'an attempt failed'): SVGElement {
  const place = kind === 'gap' ? { y: '0', width: '4', height: '36' } : { y: '30', width: '4', height: '6' }
  return svg('rect', { class: `mark ${kind}`, x: (x - 2).toFixed(1), ...place }, svg('title', {}, title))
}

function titleOf({ channel, reason }: Gap): string {
  return `gap in ${channel}: ${reason}`
}

/** A line of numbers, the newest on the right. */
export function createSparkline(label: string) {
  const line = svg('path', { class: 'line' })
  const area = svg('path', { class: 'area' })
  const element = svg(
    'svg',
    { viewBox: '0 0 100 24', preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'spark' },
    area,
    line,
  )
  return {
    element,
    update(values: readonly number[]): void {
      const shown = values.slice(-60)
      const top = Math.max(1, ...shown) * 1.1
      const step = 100 / Math.max(1, shown.length - 1)
      const points = shown.map((value, i) => `${(i * step).toFixed(1)} ${(23 - (22 * value) / top).toFixed(1)}`)
      const path = points.length > 1 ? `M${points.join('L')}` : ''
      setAttribute(line, 'd', path)
      setAttribute(area, 'd', path && `${path}L100 24L0 24Z`)
    },
  }
}

/** Bars, the newest on the right. */
export function createBars(label: string, count: number) {
  const step = 100 / count
  const rects = Array.from({ length: count }, (_, i) =>
    svg('rect', { x: (i * step).toFixed(2), width: (step * 0.64).toFixed(2), y: '23', height: '1' }),
  )
  const element = svg(
    'svg',
    { viewBox: '0 0 100 24', preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'spark bars' },
    ...rects,
  )
  return {
    element,
    update(values: readonly number[]): void {
      const top = Math.max(1, ...values)
      for (const [i, rect] of rects.entries()) {
        const height = Math.max(1, (23 * (values[i] ?? 0)) / top)
        setAttribute(rect, 'height', height.toFixed(1))
        setAttribute(rect, 'y', (24 - height).toFixed(1))
      }
    },
  }
}
