/** Panels of points and the straight lines through them, as one SVG: no dependency, and readable on white and on black. */

const [width, height] = [320, 230]
const [left, right, top, bottom] = [54, 14, 44, 40]
const colours = ['#2f81f7', '#d4721d']

/** Slope and start of the line with the least squares. */
export function straight(points) {
  const mean = (of) => points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [mx, my] = [mean(([x]) => x), mean(([, y]) => y)]
  const slope = mean(([x, y]) => (x - mx) * (y - my)) / mean(([x]) => (x - mx) ** 2)
  return { slope, start: my - slope * mx }
}

/** The next of 1, 2, 5, 10, … that is not below. */
function round(value) {
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value * 0.999)
}

const ticks = (most) => {
  const step = round(most / 5)
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
}

const number = (value) => Number(value.toPrecision(6)).toLocaleString('en')

/** @param panel `{ title, x, y, series: [{ name, points }] }` */
function draw({ title, x, y, series }, offset) {
  const points = series.flatMap((one) => one.points)
  const [mostX, mostY] = [0, 1].map(
    (at) => Math.max(...points.map((point) => point[at])) * (at === 1 ? 1.25 : 1.05) || 1,
  )
  const atX = (value) => (left + (value / mostX) * (width - left - right)).toFixed(1)
  const atY = (value) => (height - bottom - (value / mostY) * (height - top - bottom)).toFixed(1)
  const across = ticks(mostY).map(
    (value) =>
      `<path class="grid" d="M${left} ${atY(value)}H${width - right}"/><text x="${left - 6}" y="${Number(atY(value)) + 4}" text-anchor="end">${number(value)}</text>`,
  )
  const along = ticks(mostX).map(
    (value) => `<text x="${atX(value)}" y="${height - bottom + 16}" text-anchor="middle">${number(value)}</text>`,
  )
  const lines = series.map(({ name, points }, i) => {
    const { slope, start } = straight(points)
    const end = Math.max(...points.map(([x]) => x))
    const dots = points.map(([x, y]) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3"/>`).join('')
    const legend = `<text class="name" x="${left + 8}" y="${top + 12 + i * 15}">${name}</text>`
    const line = `<path d="M${atX(0)} ${atY(Math.max(0, start))}L${atX(end)} ${atY(start + slope * end)}"/>`
    return `<g class="series" fill="${colours[i]}" stroke="${colours[i]}">${line}${dots}${legend}</g>`
  })
  return `<g transform="translate(${offset} 0)">
<text class="title" x="${left}" y="18">${title}</text><text x="${left}" y="34">${y}</text>
${[...across, ...along].join('\n')}
<text x="${width - right}" y="${height - 6}" text-anchor="end">${x}</text>
${lines.join('\n')}
</g>`
}

export function plot(panels) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width * panels.length} ${height}" font-family="system-ui, sans-serif" font-size="11">
<style>
text { fill: #656d76 } .title { fill: #1f2328; font-size: 13px } .grid { stroke: #8b949e55 }
.series path { fill: none; stroke-width: 1.5 } .series circle { stroke: none } .series .name { fill: inherit; stroke: none }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #f0f6fc } }
</style>
${panels.map((panel, i) => draw(panel, i * width)).join('\n')}
</svg>
`
}
