import { useChannel, useEvent } from 'everwire/react'
import { useEffect, useRef, useState } from 'react'

/** How long one word of typing counts, ms. */
const lasts = 4_000

/** Who is typing. Volatile events: sent now or never, because nobody wants to know later. */
export function useTyping(stream: `stream:${string}`, me: string) {
  const { publish } = useChannel(stream)
  const [until, setUntil] = useState<ReadonlyMap<string, number>>(new Map())
  const told = useRef(0)

  useEvent(stream, 'typing', ({ from }) => {
    if (from !== me) setUntil((all) => new Map(all).set(from, Date.now() + lasts))
  })
  useEvent(stream, 'message', ({ from }) => {
    setUntil((all) => new Map([...all].filter(([name]) => name !== from)))
  })

  useEffect(() => {
    if (until.size === 0) return
    const timer = setTimeout(
      () => setUntil((all) => new Map([...all].filter(([, end]) => end > Date.now()))),
      Math.max(0, Math.min(...until.values()) - Date.now()) + 1,
    )
    return () => clearTimeout(timer)
  }, [until])

  return {
    names: [...until.keys()],
    /** To be called on each key: says so at most twice while it counts. */
    typed(): void {
      if (Date.now() - told.current < lasts / 2) return
      if (publish('typing', { from: me }, { volatile: true })) told.current = Date.now()
    },
    /** The message is out: the next key is news again. */
    sent(): void {
      told.current = 0
    },
  }
}
