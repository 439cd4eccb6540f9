import type { ServerLimits } from './limits'
import type { Outlet } from './outlet'

/** What an exchange has collected so far. */
export interface Answer extends Outlet {
  /** Until now no channel could take room that others need; from now on each may write what it has. True the first time. */
  open(): boolean
  /** It holds as much as an answer may. */
  complete(): boolean
  /** Frames so far. */
  size(): number
  /** Whether what is in it should leave: `now`, or as soon as subscribes that are under way are through. Events alone can wait. */
  urgency(): 'now' | 'soon' | undefined
  /**
   * The body.
   *
   * @param more the next poll finds more at once
   * @param idle what to say if there is nothing to say
   */
  text(more: boolean, idle: string): string
}

/**
 * @param share how much of one channel's past may be read at a time, bytes: none is to fill the answer alone
 * @param written called after each frame; `patient`: it can wait for others
 */
export function createAnswer(limits: ServerLimits, share: number, written: (patient: boolean) => void): Answer {
  const frames: string[] = []
  let acks = ''
  let chars = 0
  let urgent: 'now' | 'soon' | undefined
  let opened = false
  /** Something had to be left for the next answer. */
  let cut = false
  const isComplete = () =>
    chars >= limits.answerBytes - 1.5 * limits.messageBytes || frames.length >= limits.answerFrames

  return {
    write(text, _bytes, patient = false) {
      frames.push(text)
      chars += text.length + 1
      if (!patient) urgent = urgent === 'now' || text === '["o"]' ? 'now' : 'soon'
      written(patient)
    },
    ack(n, offset) {
      acks += `,${n},${offset}`
      urgent ??= 'soon'
      written(false)
    },
    open() {
      const first = !opened
      opened = true
      return first
    },
    fits(size) {
      const isRoom = frames.length === 0 || chars + size <= limits.answerBytes
      cut ||= !isRoom
      return isRoom
    },
    full: () => !opened || isComplete(),
    complete: isComplete,
    share,
    size: () => frames.length + (acks ? 1 : 0),
    urgency: () => urgent,
    text(more, idle) {
      if (acks) frames.push(`["k"${acks}]`)
      if (frames.length === 0) return idle
      if (more || cut) frames.push('["y"]')
      return frames.join('\n')
    },
  }
}
