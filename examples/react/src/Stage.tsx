import { useChannel, useChannelEvents, useEvent } from 'everwire/react'
import { useState } from 'react'

/** The show: how many watch it, and the hearts they send. */
export function Stage({ stream, me }: { stream: `stream:${string}`; me: string }) {
  const { publish } = useChannel(stream)
  const viewers = useChannelEvents('audience', 'count', { limit: 1, rewind: 1 }).at(-1)?.data.viewers
  const [hearts, setHearts] = useState<readonly { key: number; x: number }[]>([])
  useEvent(stream, 'cheer', () => {
    setHearts((all) => [...all.slice(-40), { key: Math.random(), x: Math.random() }])
  })

  return (
    <section className="stage card" aria-label="Stream">
      <Scene />
      <div className="hearts" aria-hidden>
        {hearts.map(({ key, x }) => (
          <Heart
            key={key}
            style={{ '--x': x }}
            onAnimationEnd={() => setHearts((all) => all.filter((heart) => heart.key !== key))}
          />
        ))}
      </div>
      <p className="live">
        <b>LIVE</b>
        {viewers !== undefined && (
          <span>
            <span data-testid="viewers">{viewers}</span> watching
          </span>
        )}
      </p>
      <div className="caption">
        <div>
          <h1>First light</h1>
          <p>Sunrise over the ridge, from a hut with a bad connection</p>
        </div>
        <button type="button" className="cheer" onClick={() => publish('cheer', { from: me }, { volatile: true })}>
          <Heart /> Cheer
        </button>
      </div>
    </section>
  )
}

function Heart(props: { style?: { '--x': number }; onAnimationEnd?: () => void }) {
  const { style, onAnimationEnd } = props
  return (
    <svg
      className="heart"
      viewBox="0 0 24 24"
      aria-hidden
      style={style as React.CSSProperties}
      onAnimationEnd={onAnimationEnd}
    >
      <path d="M12 21C5 15.5 2 12 2 8.2A5.2 5.2 0 0 1 12 6a5.2 5.2 0 0 1 10 2.2C22 12 19 15.5 12 21Z" />
    </svg>
  )
}

const Scene = () => (
  <svg className="scene" viewBox="0 0 800 450" preserveAspectRatio="xMidYMax slice" aria-hidden>
    <defs>
      <linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stopColor="#1b1d4e" />
        <stop offset="0.45" stopColor="#6a3d8f" />
        <stop offset="0.75" stopColor="#ef7d6c" />
        <stop offset="1" stopColor="#ffd08a" />
      </linearGradient>
      <radialGradient id="glow">
        <stop offset="0" stopColor="#fff3d1" stopOpacity="0.9" />
        <stop offset="1" stopColor="#ffb26b" stopOpacity="0" />
      </radialGradient>
    </defs>
    <rect width="800" height="450" fill="url(#sky)" />
    <g fill="#fff" opacity="0.75">
      <circle cx="90" cy="60" r="1.3" />
      <circle cx="190" cy="110" r="1" />
      <circle cx="300" cy="42" r="1.5" />
      <circle cx="420" cy="88" r="1" />
      <circle cx="560" cy="52" r="1.4" />
      <circle cx="655" cy="120" r="1" />
      <circle cx="730" cy="70" r="1.2" />
    </g>
    <g className="sun">
      <circle cx="520" cy="268" r="170" fill="url(#glow)" />
      <circle cx="520" cy="268" r="46" fill="#fff1cf" />
    </g>
    <path d="M0 330 120 250l90 60 110-100 120 110 90-60 130 80 140-90v200H0Z" fill="#84487f" />
    <path d="M0 380 90 320l110 50 130-90 150 100 120-50 100 45 100-45v120H0Z" fill="#4c2c66" />
    <path d="M0 420q120-50 250-18t260-8 290 10v46H0Z" fill="#22153c" />
  </svg>
)
