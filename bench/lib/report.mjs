/** Results as markdown: the tables of each scenario between its markers in the page, and the goals in one table. */
import { readFileSync, writeFileSync } from 'node:fs'
import { show, table } from './numbers.mjs'

const tableOf = ({ title, columns, rows }) =>
  (title ? `${title}:\n\n` : '') +
  table(
    ['', ...columns],
    rows.map(({ label, cells }) => [label, ...cells.map((cell) => show(cell))]),
  )

export function printable({ tables, goals }) {
  const said = goals.map(({ goal, value, met }) => `${met ? 'met   ' : 'MISSED'} ${goal}: ${show(value)}`)
  return [...tables.map(tableOf), said.join('\n')].filter(Boolean).join('\n\n')
}

/** Renews what stands between the markers; what people wrote around them stays. */
export function render(file, scenarios, results) {
  const done = scenarios.filter(({ name }) => results[name])
  const dates = [...new Set(done.map(({ name }) => results[name].date))].sort()
  const loads = done.map(({ name }) => results[name].load)
  const { node, cores } = results[done[0].name]
  const run = `Run of ${dates.join(', ')}: Node ${node}, ${cores} cores, load average at the start of a scenario ${Math.min(...loads)}–${Math.max(...loads)}.`
  const goals = done.flatMap(({ name }) => results[name].goals)
  const rows = goals.map(({ goal, value, met }) => [goal, show(value), met ? 'yes' : '**no**'])
  const sections = done.map(({ name, title, about }) => {
    const { tables, seconds, load } = results[name]
    return [
      `### ${title}`,
      about,
      ...tables.map(tableOf),
      `\`npm run bench -- --only ${name}\`: ${seconds} s, load ${load}.`,
    ].join('\n\n')
  })
  let page = readFileSync(file, 'utf8')
  const put = (marker, text) => {
    const [from, to] = [`<!-- ${marker} -->`, `<!-- /${marker} -->`]
    const [start, end] = [page.indexOf(from), page.indexOf(to)]
    if (start < 0 || end < 0) throw new Error(`${file} has no ${from} … ${to}`)
    page = `${page.slice(0, start + from.length)}\n${text}\n${page.slice(end)}`
  }
  put('bench: goals', [run, table(['goal', 'everwire', 'reached'], rows)].join('\n\n'))
  put('bench: tables', sections.join('\n\n'))
  writeFileSync(file, page)
}
