import type { ServerLimits } from './limits'
import type { Outlet } from './outlet'

/** What an exchange has collected so far: a record, for each parked poll has one. */
export interface Answer extends Outlet {
  readonly frames: string[]
  acks: string
  chars: number
  /** Whether what is in it should leave: `now`, or as soon as subscribes that are under way are through. Events alone can wait. */
  urgent: 'now' | 'soon' | undefined
  /** Each channel may write what it has. */
  opened: boolean
  /** Something had to be left for the next answer. */
  cut: boolean
}

/**
 * @param share how much of one channel's past may be read at a time, bytes: none is to fill the answer alone
 * @param written called after each frame; `patient`: it can wait for others
 */
export function createAnswer(limits: ServerLimits, share: number, written: (patient: boolean) => void): Answer {
  const answer: Answer = {
    frames: [],
    acks: '',
    chars: 0,
    urgent: undefined,
    opened: false,
    cut: false,
    share,
    write(text, _bytes, patient = false) {
      answer.frames.push(text)
      answer.chars += text.length + 1
      if (!patient) answer.urgent = answer.urgent === 'now' || text === '["o"]' ? 'now' : 'soon'
      written(patient)
    },
    ack(n, offset) {
      answer.acks += `,${n},${offset}`
      answer.urgent ??= 'soon'
      written(false)
    },
    fits(size) {
      const isRoom = answer.frames.length === 0 || answer.chars + size <= limits.answerBytes
      answer.cut ||= !isRoom
      return isRoom
    },
    full: () => !answer.opened || isComplete(answer, limits),
  }
  return answer
}

/** Until now no channel could take room that others need; from now on each may write what it has. True the first time. */
export function openAnswer(answer: Answer): boolean {
  const first = !answer.opened
  answer.opened = true
  return first
}

/** It holds as much as an answer may. */
export function isComplete({ frames, chars }: Answer, limits: ServerLimits): boolean {
  return chars >= limits.answerBytes - 1.5 * limits.messageBytes || frames.length >= limits.answerFrames
}

/** There is nothing in it. */
export const isEmpty = ({ frames, acks }: Answer): boolean => frames.length === 0 && acks === ''

/**
 * The body.
 *
 * @param more the next poll finds more at once
 * @param idle what to say if there is nothing to say
 */
export function bodyOf({ frames, acks, cut }: Answer, more: boolean, idle: string): string {
  const all = acks ? [...frames, `["k"${acks}]`] : frames
  if (all.length === 0) return idle
  return (more || cut ? [...all, '["y"]'] : all).join('\n')
}
