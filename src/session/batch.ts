import type { ClientFrame, Message } from '../protocol/frames'

/** Frames on their way out, joined into as few messages as there can be. */
export interface Batch {
  readonly messages: Message[]
  /** False if `bytes` more would be too many. The first frame always fits. */
  fits(bytes: number): boolean
  add(frame: Message): void
}

/** Frames of a batch (protocol: 256 in a message). */
const mostFrames = 200

/** @param mostBytes of the whole batch */
export function createBatch(mostBytes: number): Batch {
  const messages: Message[] = []
  let bytes = 0
  let frames = 0
  return {
    messages,
    fits: (more) => !frames || (bytes + more <= mostBytes && frames < mostFrames),
    add(frame) {
      bytes += frame.length
      frames++
      const last = messages.length - 1
      // bytes are a message of their own; text joins the text before it
      if (typeof frame === 'string' && typeof messages[last] === 'string') messages[last] += `\n${frame}`
      else messages.push(frame)
    },
  }
}

export const line = (frame: ClientFrame) => JSON.stringify(frame)
