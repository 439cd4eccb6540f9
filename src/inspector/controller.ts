import { type Inspectable, listen } from './debug'
import { createJournal } from './journal'
import { exportJson, exportText } from './report'
import { createRing } from './ring'
import { createView } from './view'

/** What is behind the element: listens, keeps the journal, and draws when there is somebody to see it. */
export interface Controller {
  readonly elements: readonly HTMLElement[]
  client: Inspectable | undefined
  paused: boolean
  export(): string
  /** The element is in a page, or no longer. */
  attach(): void
  detach(): void
  /** An attribute has changed. */
  look(): void
}

/** How often what depends on the time alone is drawn anew, ms. */
const tickMs = 250
/** How long the button says that it has copied, ms. */
const copiedMs = 1_200
/** What may wait while the inspector stands still. */
const mostMissed = 2_000

export function createController(host: HTMLElement): Controller {
  let client: Inspectable | undefined
  let pausedAt: number | undefined
  let journal = createJournal(now)
  let missed = createRing<() => void>(mostMissed)
  let stop: (() => void) | undefined
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let copiedTimer: ReturnType<typeof setTimeout> | undefined

  const view = createView({
    toggle: (open) => host.toggleAttribute('open', open),
    pause: () => pause(pausedAt === undefined),
    copy: () => void copy(),
    save,
    changed: draw,
  })

  /** The platform's clock, which stands still with the inspector. */
  function now(): number {
    return pausedAt ?? performance.now()
  }

  function begin(): void {
    if (!client || stop || !host.isConnected) return
    const mine = journal
    stop = listen(
      client,
      (event) => take((heard) => mine.add(event, heard)),
      (state) => take(() => mine.observe(state)),
    )
  }

  function end(): void {
    stop?.()
    stop = undefined
  }

  function take(note: (heard: number) => void): void {
    const heard = performance.now()
    if (pausedAt !== undefined) return missed.push(() => note(heard))
    note(heard)
    draw()
  }

  function pause(paused: boolean): void {
    if (paused) pausedAt ??= performance.now()
    else if (pausedAt !== undefined) {
      pausedAt = undefined
      for (const catchUp of missed.all) catchUp()
      missed = createRing(mostMissed)
    }
    look()
  }

  function look(): void {
    const has = (name: string) => host.hasAttribute(name)
    view.look({
      open: has('open'),
      inline: has('inline'),
      paused: pausedAt !== undefined,
      copied: copiedTimer !== undefined,
    })
    draw()
  }

  /** At the next frame, once. Nobody looks at a page that is hidden. */
  function draw(): void {
    if (frame !== undefined || !host.isConnected || document.hidden) return
    frame = requestAnimationFrame(() => {
      frame = undefined
      clearTimeout(timer)
      view.update(journal)
      // time passes, too: the strip moves on, waits get shorter
      if (pausedAt === undefined) timer = setTimeout(draw, tickMs)
    })
  }

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(exportText(journal, Date.now()))
    } catch {
      return save() // no clipboard without permission, nor outside of secure pages
    }
    clearTimeout(copiedTimer)
    copiedTimer = setTimeout(() => {
      copiedTimer = undefined
      look()
    }, copiedMs)
    look()
  }

  function save(): void {
    const url = URL.createObjectURL(new Blob([exportJson(journal, Date.now())], { type: 'application/json' }))
    const link = document.createElement('a')
    link.href = url
    link.download = 'everwire.json'
    link.click()
    URL.revokeObjectURL(url)
  }

  return {
    elements: view.elements,
    get client() {
      return client
    },
    set client(next) {
      end()
      client = next
      journal = createJournal(now)
      missed = createRing(mostMissed)
      begin()
    },
    get paused() {
      return pausedAt !== undefined
    },
    set paused(paused) {
      pause(paused)
    },
    export: () => exportJson(journal, Date.now()),
    attach() {
      document.addEventListener('visibilitychange', draw)
      begin()
      look()
    },
    detach() {
      document.removeEventListener('visibilitychange', draw)
      end()
      if (frame !== undefined) cancelAnimationFrame(frame)
      frame = undefined
      clearTimeout(timer)
      clearTimeout(copiedTimer)
      copiedTimer = undefined
    },
    look,
  }
}
