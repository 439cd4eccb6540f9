import type { ServerLimits } from './limits'
import type { Outlet } from './outlet'

/** What an exchange has collected so far. Each parked poll has one: a class, so that what it does is there once. */
export class Answer implements Outlet {
  readonly frames: string[] = []
  acks = ''
  chars = 0
  /** Whether what is in it should leave: `now`, or as soon as subscribes that are under way are through. Events alone can wait. */
  urgent: 'now' | 'soon' | undefined = undefined
  /** Each channel may write what it has. */
  opened = false
  /** Something had to be left for the next answer. */
  cut = false

  /**
   * @param share how much of one channel's past may be read at a time, bytes: none is to fill the answer alone
   * @param written called after each frame; `patient`: it can wait for others
   */
  constructor(
    private readonly limits: ServerLimits,
    readonly share: number,
    private readonly written: (patient: boolean) => void,
  ) {}

  write(text: string, _bytes?: Uint8Array<ArrayBuffer>, patient = false): void {
    this.frames.push(text)
    this.chars += text.length + 1
    if (!patient) this.urgent = this.urgent === 'now' || text === '["o"]' ? 'now' : 'soon'
    this.written(patient)
  }

  ack(n: number, offset: number): void {
    this.acks += `,${n},${offset}`
    this.urgent ??= 'soon'
    this.written(false)
  }

  fits(size: number): boolean {
    const isRoom = this.frames.length === 0 || this.chars + size <= this.limits.answerBytes
    this.cut ||= !isRoom
    return isRoom
  }

  full(): boolean {
    return !this.opened || isComplete(this, this.limits)
  }
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
