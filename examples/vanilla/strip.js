/** Draws when events came: the last 30 seconds, one bar per 0.3 seconds, coloured by what carried them. */
const seconds = 30
const barMs = 300
const bars = (seconds * 1000) / barMs

export function createStrip(canvas) {
  const counts = new Map() // bar number → { websocket, polling }
  const marks = new Map() // bar number → a gap was reported

  return {
    add(now, transport) {
      const bar = Math.floor(now / barMs)
      const count = counts.get(bar) ?? { websocket: 0, polling: 0 }
      count[transport]++
      counts.set(bar, count)
    },
    mark: (now) => marks.set(Math.floor(now / barMs), true),
    draw(now) {
      const newest = Math.floor(now / barMs)
      for (const map of [counts, marks]) for (const bar of map.keys()) if (bar < newest - bars) map.delete(bar)
      const scale = devicePixelRatio
      const { clientWidth: width, clientHeight: height } = canvas
      if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale)
      if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale)
      const style = getComputedStyle(canvas)
      const context = canvas.getContext('2d')
      context.setTransform(scale, 0, 0, scale, 0, 0)
      context.clearRect(0, 0, width, height)
      const step = width / bars
      // the bar that is still filling stays outside; the others glide
      const glide = (now % barMs) / barMs
      const base = height - 2
      for (let age = 1; age <= bars + 1; age++) {
        const x = width - (age + glide - 1) * step - step
        const { websocket, polling } = counts.get(newest - age) ?? { websocket: 0, polling: 0 }
        const total = websocket + polling
        // a burst after a silence is many times the usual: the root keeps it inside
        const tall = Math.min(base, Math.sqrt(total / 20) * base)
        context.fillStyle = style.getPropertyValue(
          total === 0 ? '--silence' : polling > websocket ? '--polling' : '--websocket',
        )
        context.fillRect(x, base - Math.max(2, tall), Math.max(1, step - 1.5), Math.max(2, tall))
        if (!marks.has(newest - age)) continue
        context.fillStyle = style.getPropertyValue('--bad')
        context.fillRect(x, 0, 2, height)
      }
    },
  }
}
