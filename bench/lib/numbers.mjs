/** Figures: medians and ranges, and how they are written. */
const sorted = (values) => [...values].sort((a, b) => a - b)

export function quantile(values, q) {
  const all = sorted(values)
  if (all.length === 0) return Number.NaN
  const at = (all.length - 1) * q
  const low = Math.floor(at)
  return all[low] + (all[Math.min(low + 1, all.length - 1)] - all[low]) * (at - low)
}

export const median = (values) => quantile(values, 0.5)

/** Median, least and most of some runs, rounded: what results.json keeps. */
export function summary(values, digits = 0) {
  if (values.length === 0) return null
  const round = (n) => Number(n.toFixed(digits))
  return { median: round(median(values)), min: round(Math.min(...values)), max: round(Math.max(...values)) }
}

const number = (n) => n.toLocaleString('en', { maximumFractionDigits: 3 })

/** `214 (210–230)`, or just the number if nothing varies. */
export function show(figure, unit = '') {
  if (figure === null || figure === undefined) return '–'
  if (typeof figure === 'string') return figure
  if (typeof figure === 'number') return number(figure) + unit
  const { median: middle, min, max } = figure
  return min === max ? number(middle) + unit : `${number(middle)}${unit} (${number(min)}–${number(max)})`
}

export function table(columns, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return [line(columns), `|${columns.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n')
}

const holds = (goal, value, compare, bound, unit) => ({
  goal: `${goal} ${compare} ${number(bound)}${unit && ` ${unit}`}`,
  value: typeof value === 'number' ? Number(value.toPrecision(4)) : (value ?? null),
  met: typeof value === 'number' && (compare === '≤' ? value <= bound : value >= bound),
})

/** A goal and whether it was reached. */
export const atMost = (goal, value, bound, unit = '') => holds(goal, value, '≤', bound, unit)
export const atLeast = (goal, value, bound, unit = '') => holds(goal, value, '≥', bound, unit)
