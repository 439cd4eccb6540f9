import type { ClientFrame, Message } from '../protocol/frames'

/** Frames on their way out, joined into as few messages as the protocol allows. */
export interface Batch {
  readonly messages: Message[]
  /** False if `bytes` more would pass the bounds of the whole batch. */
  fits(bytes: number): boolean
  add(frame: Message): void
}

/** Bounds of one message (protocol: 64 KB before the welcome, 256 frames); the margins are for hello and line feeds. */
const messageBytes = 48_000
const messageFrames = 200

/** @param most bytes of the batch; beyond them `fits` says no. Also at most 200 frames, unless `most` is Infinity. */
export function createBatch(most: number): Batch {
  const messages: Message[] = []
  let total = 0
  let count = 0
  let bytes = 0
  let frames = 0
  return {
    messages,
    fits: (more) => most === Number.POSITIVE_INFINITY || (total + more <= most && count < messageFrames),
    add(frame) {
      const last = messages.length - 1
      total += frame.length
      count++
      // bytes are a message of their own; text joins the text before it
      if (
        typeof frame === 'string' &&
        typeof messages[last] === 'string' &&
        bytes + frame.length <= messageBytes &&
        frames < messageFrames
      ) {
        messages[last] += `\n${frame}`
        bytes += frame.length
        frames++
      } else {
        messages.push(frame)
        bytes = frame.length
        frames = 1
      }
    },
  }
}

export const line = (frame: ClientFrame) => JSON.stringify(frame)
